"""The commands that the documents name as the source of their figures still build what they measure."""

import importlib.util
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest

from aigc_core import registry
from aigc_core.tasks import request_type

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", FOLDER / f"{name}.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.mark.parametrize("task", module("first_run").TASKS)
def test_the_first_run_asks_for_what_its_tab_does(task: str) -> None:
    asked = module("first_run").request(task)
    assert type(asked) is request_type(task) and asked.task == task


def test_what_is_stopped_is_a_request_that_its_task_takes() -> None:
    for task, values in module("stop").LONGER.items():
        assert set(values) <= {field.name for field in fields(request_type(task))}
        assert registry.find(values.get("model", ""), task).task == task
