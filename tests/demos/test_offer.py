"""A public server offers what is here and fits; picker, table, engine and messages agree on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client
from toy_app import served
from toys import row

from aigc_core import registry, tasks
from aigc_core.budget import machine
from aigc_core.engine import Engine, drain
from aigc_core.errors import UnknownModelError
from aigc_core.tasks.faces import FacesRequest
from aigc_core.types import Hub, Package
from demos.ui import models, offer, page


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    made = [
        row(), row("faces-huge", memory_mb=10**9), row("faces-gpu", needs_gpu=True),
        row("faces-far", source=Hub(repo_id="a/b", revision="0" * 40, size=53_000_000_000)),
    ]  # fmt: skip
    table = {spec.name: spec for spec in made}
    monkeypatch.setattr(registry, "_table", lambda: table)
    monkeypatch.setattr(offer, "has_gpu", lambda: False)
    return table


def test_at_home_everything_is_offered(rows: Any) -> None:
    assert offer.offered((), public=False) is None


def test_a_space_with_an_empty_cache_has_a_model_for_every_tab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AIGC_HOME", str(tmp_path))
    bare = offer.offered((), public=True)
    monkeypatch.setenv("SPACE_ID", "somebody/studio")
    names = offer.offered((), public=True)
    assert names is not None and bare is not None and bare < names
    for task in tasks.TASKS:
        assert any(spec.name in names for spec in registry.list_models(task)), task
    fetched = [registry.find(name).source for name in names - bare]
    assert all(isinstance(source, Package) for source in fetched), "nothing of a hub's size"
    assert sum(a.size for source in fetched for a in source.archives) < 500_000_000  # type: ignore[union-attr]


def test_in_public_what_is_here_and_fits(rows: Any) -> None:
    assert offer.offered((), public=True) == {"faces-toy"}


def test_names_replace_or_add(rows: Any) -> None:
    assert offer.offered(("faces-far",), public=True) == {"faces-far"}
    assert offer.offered(("+faces-far",), public=True) == {"faces-toy", "faces-far"}
    assert offer.offered(("faces-toy",), public=False) == {"faces-toy"}
    with pytest.raises(UnknownModelError):
        offer.offered(("nope",), public=True)


def test_lists_show_only_what_is_offered_and_titles_are_still_found(rows: Any) -> None:
    with registry.offering(frozenset({"faces-huge"})):
        assert [spec.name for spec in registry.list_models("faces")] == ["faces-huge"]
        assert registry.find("", "faces").name == "faces-huge"
        assert registry.find("faces-toy").name == "faces-toy"
    assert len(registry.list_models("faces")) == 4


def test_the_engine_refuses_the_rest_and_says_what_there_is(rows: Any) -> None:
    engine = Engine(offered=frozenset({"faces-toy"}))
    with pytest.raises(
        UnknownModelError, match=r"does not offer the model 'faces-far'\. Choose one of: faces-toy"
    ) as caught:
        drain(engine.run(FacesRequest(model="faces-far")))
    assert "faces-toy" in caught.value.zh
    assert drain(engine.run(FacesRequest(count=1))).recipe["model"] == "faces-toy"


def test_a_task_without_any_model_says_so(rows: Any) -> None:
    with registry.offering(frozenset()), pytest.raises(UnknownModelError, match="--models"):
        models.picker("faces")


def test_memory_is_what_the_container_may_use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "max").write_text("1000000000\n")
    monkeypatch.setattr(machine, "_CGROUPS", (str(tmp_path / "max"), str(tmp_path / "absent")))
    assert machine.memory_mb() == 1000
    (tmp_path / "max").write_text("max\n")
    assert machine.memory_mb() > 1000


def test_picker_table_and_endpoint_agree(tmp_path: Path) -> None:
    with served(tmp_path, "--models", "faces-other") as address:
        client = Client(address, verbose=False)
        table = client.predict(task="faces", api_name="/models")
        assert [line[0] for line in table["data"]] == ["faces-other"]
        assert client.predict(count=1, api_name="/faces")[-1]["model"] == "faces-other"
        with pytest.raises(Exception, match="does not offer the model 'faces-toy'"):
            client.predict(model="faces-toy", count=1, api_name="/faces")


@pytest.mark.parametrize(("flags", "public"), [([], False), (["--host", "::1"], False), (["--host", "localhost"], False), (["--host", "0.0.0.0"], True), (["--host", "192.168.7.7"], True), (["--public"], True), (["--share"], True)])  # fmt: skip
def test_what_others_can_reach_is_public(
    tmp_path: Path, flags: list[str], public: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPACE_ID", raising=False)
    demo, _ = page.make([], page.parser().parse_args([*flags, "--outputs", str(tmp_path)]))
    assert (demo.studio.bucket is not None) is public
    assert (demo.studio.offered is not None) is public
    assert (demo.studio.engine.deadline_s == 120) is public
