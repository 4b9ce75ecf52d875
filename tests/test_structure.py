"""How the files of the project may refer to each other, beyond what import-linter's layers say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@cache
def imported(file: Path) -> tuple[str, ...]:
    """Full names of modules, or of what is taken from them, that a file imports anywhere, for types alone, too."""
    found: list[str] = []
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += (f"{node.module}.{name.name}" for name in node.names)
    return tuple(found)


def graph(*packages: str) -> Mapping[str, set[str]]:
    """Which modules of the packages each of them imports."""
    files = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file
        for package in packages
        for file in (ROOT / package).rglob("*.py")
    }
    found: dict[str, set[str]] = {}
    for module, file in files.items():
        names = imported(file)
        known = (name if name in files else name.rpartition(".")[0] for name in names)
        found[module] = {name for name in known if name in files} - {module}
    return found


def test_modules_import_each_other_in_no_circle() -> None:
    try:
        TopologicalSorter(graph("aigc_core", "demos", "scripts", "benchmarks")).prepare()
    except CycleError as error:
        raise AssertionError(f"a circle of imports: {' <- '.join(error.args[1])}") from None


def test_no_test_imports_another() -> None:
    tests = {file.stem: file for file in (ROOT / "tests").rglob("test_*.py")}
    pairs = [(file.name, name) for file in tests.values() for name in imported(file) if name.partition(".")[0] in tests]
    assert not pairs, "what tests share lies in tests/support or in a conftest.py"


MEASURE = "aigc_core/lessons/figures/deployment/measure.py"
PROGRAMS = {"aigc_core/training/command.py", MEASURE}
"""Files of the two packages that are run in a process of their own, from a command line."""


def test_only_a_program_of_its_own_sets_the_number_of_threads() -> None:
    """It holds for a whole process: in the server's, other visitors' sums would be added up in another order."""
    sources = [file for package in ("aigc_core", "demos") for file in (ROOT / package).rglob("*.py")]
    setting = [file for file in sources if "set_num_threads(" in file.read_text("utf-8")]
    assert {file.relative_to(ROOT).as_posix() for file in setting} == PROGRAMS
    program = MEASURE.removesuffix(".py").replace("/", ".")
    assert not [file for file in sources if program in imported(file)], "it is started, not imported"


OPENINGS = {"As", "How", "Of", "What", "When", "Where", "Which", "Who", "Why"}
"""First words of a docstring that begins in the middle of a sentence; a verb or a noun says at once what the thing is."""


ATTRIBUTES = (ast.Assign, ast.AnnAssign)


def docstrings(file: Path) -> Iterator[tuple[int, str]]:
    """Line and text of the docstrings in a file: of modules, classes and functions, and of the attributes they follow."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for before, statement in pairwise([None, *node.body]):
            if before is None or isinstance(before, ATTRIBUTES):
                match statement:
                    case ast.Expr(value=ast.Constant(value=str(text))):
                        yield statement.lineno, text


def test_docstrings_open_with_a_verb_or_a_noun() -> None:
    sources = [file for package in ("aigc_core", "demos") for file in (ROOT / package).rglob("*.py")]
    found = [(file, line, text) for file in sources for line, text in docstrings(file)]
    assert len(found) > 3000, "the docstrings are found"
    bad = [
        f"{file.relative_to(ROOT)}:{line}: {text.partition(chr(10))[0]}"
        for file, line, text in found
        if text.split(maxsplit=1)[0].strip(".,:;") in OPENINGS
    ]
    assert not bad, "\n".join(bad)


FOLDERS = ("aigc_core", "demos", "scripts", "benchmarks", "tests")
MOST_LINES = 400


def test_files_are_short_enough_to_be_read_in_one_go() -> None:
    sources = [*ROOT.glob("*.py"), *(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))]
    assert Path(__file__) in sources and ROOT / "app.py" in sources
    lengths = {file: len(file.read_text("utf-8").splitlines()) for file in sources}
    assert not {str(file.relative_to(ROOT)): length for file, length in lengths.items() if length > MOST_LINES}


def test_browser_tests_point_at_elements_and_not_at_places_of_the_window() -> None:
    """A page may still move: Playwright waits until an element lies still, and finds it where it is then."""
    aimed = re.compile(r"\bmouse\.(click|dblclick|move)\(|\btouchscreen\b")
    tests = [file for file in (ROOT / "tests").rglob("*.py") if file != Path(__file__)]
    assert not [file.name for file in tests if aimed.search(file.read_text("utf-8"))]
