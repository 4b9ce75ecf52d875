"""The commands that the documents name as the source of their figures still build what they measure."""

import importlib.util
import sys
from dataclasses import fields
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest

from aigc_core import registry, weights
from aigc_core.recipe.link import from_link
from aigc_core.tasks import request_type

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"


@cache
def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", FOLDER / f"{name}.py")
    assert spec is not None and spec.loader is not None
    made = sys.modules[spec.name] = importlib.util.module_from_spec(spec)  # where dataclasses look
    spec.loader.exec_module(made)
    return made


@pytest.mark.parametrize("task", module("first_run").TASKS)
def test_the_first_run_asks_for_what_its_tab_does(task: str) -> None:
    asked = module("first_run").request(task)
    assert type(asked) is request_type(task) and asked.task == task


@pytest.mark.parametrize("case", module("felt").CASES, ids=lambda case: case.name)
def test_a_link_asks_the_page_for_what_the_engine_is_asked_for(case: Any) -> None:
    felt = module("felt")
    linked = parse_qs(case.link.removeprefix("?"))
    recipe = from_link(
        f"{case.task}?{urlencode({name: values[0] for name, values in linked.items() if name != 'tab'})}"
    )
    typed = {name: value for name, value in case.values.items() if (case.task, name) in felt.TYPED}
    assert recipe["task"] == case.task and recipe["model"] == case.model and recipe["seed"] == felt.SEED
    assert {**recipe["parameters"], **typed} == case.values
    assert all((felt.SCENES / file).is_file() for file in case.files.values())


def test_what_is_stopped_is_a_request_that_its_task_takes() -> None:
    for task, values in module("stop").LONGER.items():
        assert set(values) <= {field.name for field in fields(request_type(task))}
        assert registry.find(values.get("model", ""), task).task == task


def test_the_load_is_of_requests_that_its_tasks_take_with_models_of_this_repository() -> None:
    load = module("load")
    for endpoint, values in (*load.LIGHT, load.HEAVY):
        pictures = (load.PICTURE, load.MASK)
        given = {name: load.picture(value) if value in pictures else value for name, value in values.items()}
        asked = request_type(endpoint)(**given)
        assert weights.state(registry.find(asked.model, endpoint).source).kind in ("shipped", "none"), (
            "it needs no network"
        )


def test_the_table_of_the_load_counts_what_was_answered() -> None:
    load = module("load")
    taken = [load.Taken("faces", float(i), "") for i in range(1, 101)] + [load.Taken("stylize", 200.0, "lost")]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in load.table(taken).splitlines()[2:]]
    assert lines == [
        ["faces", "100/100", "50.50", "95.05", "100.00"],
        ["stylize", "0/1", "200.00", "200.00", "200.00"],
        ["all", "100/101", "51.00", "96.00", "200.00"],
    ]
