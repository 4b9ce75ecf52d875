"""A browser gets at first what stands open, and everything else once, when it is opened."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import gradio as gr
import orjson
import pytest
from gradio.components.api_component import Api
from gradio.routes import App

from demos import TABS
from demos.ui import assets, page

MOST_COMPONENTS, MOST_BYTES = 300, 400_000


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Any:
    args = page.parser().parse_args(["--outputs", str(tmp_path_factory.mktemp("outputs"))])
    return page.make(TABS, args)


def size(value: Any) -> int:
    return len(orjson.dumps(value, default=str))


def test_the_first_page_and_each_part_that_comes_later_are_small(built: Any) -> None:
    demo, options = built
    config = demo.get_config_file()
    first = config["page"][""]
    sent = [c for c in config["components"] if c["id"] in first["components"]]
    events = [d for d in config["dependencies"] if d["id"] in first["dependencies"]]
    translations = options["i18n"].translations_dict
    assert len(sent) <= MOST_COMPONENTS
    assert size([sent, events, first["layout"], options["css"], options["head"], translations]) <= MOST_BYTES
    for opener in demo._sections:
        part = demo._section(opener)
        assert len(part["components"]) <= MOST_COMPONENTS and size(part) <= MOST_BYTES


def test_no_component_and_no_event_is_lost_or_sent_twice(built: Any) -> None:
    demo, _ = built
    config = demo.get_config_file()
    first = config["page"][""]
    parts = [demo._section(opener) for opener in demo._sections]
    containers = {part["layout"]["id"] for part in parts}
    components = Counter(first["components"]) + Counter(c["id"] for part in parts for c in part["components"])
    kept = {id for id, block in demo.blocks.items() if not isinstance(block, Api)} - {demo._id}
    assert set(components) == kept
    assert {id for id, times in components.items() if times > 1} <= containers
    events = Counter(d["id"] for part in parts for d in part["dependencies"])
    assert set(events) | set(first["dependencies"]) >= set(demo.fns) - api_only(demo)
    assert max(events.values()) == 1
    for part in parts:  # what an event reads or changes is on the page by the time it can run
        there = {c["id"] for c in part["components"]} | set(first["components"])
        for event in part["dependencies"]:
            assert set(event["inputs"]) | set(event["outputs"]) <= there | ancestors(demo, part)


def api_only(demo: Any) -> set[int]:
    return {id for id, fn in demo.fns.items() if any(isinstance(block, Api) for block in (*fn.inputs, *fn.outputs))}


def ancestors(demo: Any, part: Any) -> set[int]:
    """What came with the sections around one."""
    block, found = demo.blocks[part["layout"]["id"]].parent, set()
    while block is not None:
        for opener, container in demo._sections.items():
            if container is block:
                found |= {c["id"] for c in demo._section(opener)["components"]}
        block = getattr(block, "parent", None)
    return found


def test_a_page_of_one_tab_brings_that_tab_at_once(tmp_path: Path) -> None:
    demo, _ = page.make(["compose"], page.parser().parse_args(["--outputs", str(tmp_path)]))
    shown = demo.get_config_file()["page"][""]["components"]
    assert sum(isinstance(demo.blocks[id], gr.Audio) for id in shown) == 1


def test_the_web_application_is_made_a_few_times_and_not_once_a_tab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    made = []
    whole = App.create_app
    monkeypatch.setattr(App, "create_app", lambda *args, **options: made.append(1) or whole(*args, **options))
    page.make(TABS, page.parser().parse_args(["--outputs", str(tmp_path)]))
    assert len(made) <= 3


def test_gradio_is_imported_without_parsing_its_own_sources() -> None:
    code = """
import ast, inspect
parsed, parse = [], ast.parse
ast.parse = lambda source, *a, **k: (parsed.append(source), parse(source, *a, **k))[1]
import demos, gradio
from gradio import component_meta
assert callable(component_meta.create_or_modify_pyi)
print(sum("class " in source for source in parsed if isinstance(source, str)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    assert int(done.stdout) == 0


def test_programs_see_all_endpoints_and_so_does_the_page(built: Any) -> None:
    demo, _ = built
    public = {id for id, fn in demo.fns.items() if fn.api_visibility == "public"}
    assert len(public) >= 18 and public <= set(demo.get_config_file()["page"][""]["dependencies"])
    assert "aigcSections" in "".join(assets.scripts(TABS))
