"""A row is one row, a task is four files: both are added to a copy of the project and run there, with no other file touched."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TASK = '''
"""Rhymes: the request; the output is a text."""

from dataclasses import dataclass
from typing import ClassVar

from aigc_core.tasks.fields import str_field
from aigc_core.tasks.request import Request


@dataclass(frozen=True, kw_only=True)
class RhymeRequest(Request):
    """A word that rhymes."""

    task: ClassVar[str] = "rhyme"
    kind: ClassVar[str] = "rhyme"
    endings: ClassVar[tuple[str, ...]] = (".json", ".md")
    word: str = str_field("moon", 40, "Word", "词", low=1)
'''
CATALOG = '''
"""Models of the task ``rhyme``."""

from aigc_core.types import ModelSpec, NoWeights

ROWS = (
    ModelSpec(
        name="rhyme-first-letter", task="rhyme", title="First letter", license="MIT", source=NoWeights(),
        target="aigc_core.pipelines.rhyme:Rhyme", summary="Changes the first letter.", summary_zh="替换首字母。",
    ),
)
'''
PIPELINE = '''
"""A rhyme by another first letter."""

from aigc_core.tasks.continue_text import Text
from aigc_core.types import Progress, Result


class Rhyme:
    def __init__(self, spec, folders):
        pass

    def stream(self, request):
        yield Progress(step=1, total=1)
        yield Result(output=Text(text="s" + request.word[1:]))
'''
TAB = '''
"""Rhymes."""

import gradio as gr

from aigc_core.tasks.rhyme import RhymeRequest
from demos.ui.i18n import Text
from demos.ui.tab import Tab

TITLE = Text("Rhymes", "押韵")


def build(studio):
    with Tab(studio, RhymeRequest, Text("A word that rhymes.", "押韵的词。"), verb=Text("Rhyme", "押韵")) as tab:
        with tab.left():
            tab.model()
            tab.control("word")
            tab.seed()
        with tab.right():
            shown = gr.Textbox(label="rhyme")
        tab.run([shown], lambda result, files, values: {shown: result.output.text})
'''
SECOND_ROW = "ROWS += (replace(ROWS[0], name='rhyme-again', title='Again'),)\n"
SHOW = """
import json
from demos import TABS
from demos.ui import page
from aigc_core import registry
app, _ = page.make(TABS, page.parser().parse_args([]))
names = [fn.api_name for fn in app.fns.values() if fn.api_visibility == "public"]
print(json.dumps({"tabs": TABS, "public": names, "rows": [s.name for s in registry.list_models("rhyme")]}))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    leave = shutil.ignore_patterns("__pycache__")
    for part in ("aigc_core", "demos", "checkpoints", "docs"):
        if part in ("checkpoints", "docs"):
            (folder / part).symlink_to(ROOT / part)
        else:
            shutil.copytree(ROOT / part, folder / part, ignore=leave)
    new = {
        "aigc_core/tasks/rhyme.py": TASK, "aigc_core/catalog/rhyme.py": CATALOG, "aigc_core/pipelines/rhyme.py": PIPELINE,
        "demos/rhyme/tab.py": TAB,
    }  # fmt: skip
    for name, text in new.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def run(copy: Path, *command: str) -> str:
    done = subprocess.run([sys.executable, *command], cwd=copy, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_four_files_make_a_task_with_its_command_and_its_tab(copy: Path) -> None:
    assert run(copy, "-m", "aigc_core", "rhyme", "--word", "moon") == "soon\n"
    shown = json.loads(run(copy, "-c", SHOW).splitlines()[-1])
    assert "rhyme" in shown["tabs"] and "rhyme" in shown["public"]


def test_one_row_makes_a_model(copy: Path) -> None:
    catalog = copy / "aigc_core" / "catalog" / "rhyme.py"
    text = catalog.read_text("utf-8")
    catalog.write_text(f"from dataclasses import replace\n{text}{SECOND_ROW}", "utf-8")
    assert run(copy, "-m", "aigc_core", "rhyme", "--word", "pun", "--model", "rhyme-again") == "sun\n"
    assert "rhyme-again" in run(copy, "-m", "aigc_core", "models", "rhyme")
