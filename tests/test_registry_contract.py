"""Every registry row, held to the same contract."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from aigc_core import registry, tasks, weights
from aigc_core.errors import UnknownModelError
from aigc_core.types import Hub, ModelSpec, Package, Shipped

ROWS = registry.list_models()
TESTS = "\n".join(file.read_text("utf-8") for file in Path(__file__).parent.rglob("test_*.py"))


@pytest.mark.parametrize("spec", ROWS, ids=lambda spec: spec.name)
def test_a_row_says_everything_a_tab_shows(spec: ModelSpec) -> None:
    assert re.fullmatch(r"[a-z0-9.]+(-[a-z0-9.]+)*", spec.name)
    for text in (spec.title, spec.license, spec.summary, spec.summary_zh):
        assert text.strip()
    assert re.search(r"[\u4e00-\u9fff]", spec.summary_zh), "summary_zh is not Chinese"
    assert spec.task in {cls.task for cls in tasks.REQUESTS}
    if not isinstance(spec.source, Shipped):
        assert spec.url.startswith("https://"), "no home is named"
    fields = {f for cls in tasks.REQUESTS if cls.task == spec.task for f in cls.__dataclass_fields__}
    assert set(spec.options) <= fields


@pytest.mark.parametrize("spec", ROWS, ids=lambda spec: spec.name)
def test_a_row_names_weights_that_cannot_change(spec: ModelSpec) -> None:
    if isinstance(spec.source, Hub):
        assert re.fullmatch(r"[0-9a-f]{40}", spec.source.revision), "a hub row names a commit"
        assert spec.source.size > 1_000_000
        assert not any(pattern.endswith((".bin", ".pt", ".pkl", ".ckpt")) for pattern in spec.source.patterns)
    if isinstance(spec.source, Package):
        for archive in spec.source.archives:
            assert re.fullmatch(r"[0-9a-f]{64}", archive.sha256)
            assert archive.size > 0
            assert archive.members
    if isinstance(spec.source, Shipped):
        folder = weights.CHECKPOINTS / spec.source.folder
        for name in ("config.json", "README.md", "eval.json"):
            assert (folder / name).exists(), f"{folder.name} lacks {name}"


@pytest.mark.parametrize("spec", ROWS, ids=lambda spec: spec.name)
def test_a_row_leads_to_a_class_and_a_test(spec: ModelSpec) -> None:
    module, _, name = spec.target.partition(":")
    file = Path(registry.__file__).parent.parent / (module.replace(".", "/") + ".py")
    assert file.exists()
    assert re.search(rf"^class {name}\b", file.read_text("utf-8"), re.MULTILINE)
    assert spec.name in TESTS or module in TESTS or module.rpartition(".")[2] in TESTS, "no test runs this row's class"


def test_every_task_but_video_has_a_default_that_needs_no_hub() -> None:
    for cls in tasks.REQUESTS:
        first = registry.find("", cls.task)
        assert not isinstance(first.source, Hub), f"{cls.task} opens with a hub model"
        assert not first.needs_gpu


def test_unknown_names_are_refused_with_the_list() -> None:
    with pytest.raises(UnknownModelError, match=ROWS[0].name):
        registry.find("nope")


def test_targets_resolve() -> None:
    for spec in ROWS:
        module, _, name = spec.target.partition(":")
        assert callable(getattr(importlib.import_module(module), name)), spec.name
