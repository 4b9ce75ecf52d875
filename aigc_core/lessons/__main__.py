"""``python -m aigc_core.lessons``: list, check and export the course, and make its stills.

list                                   JSON, one object a lesson
check                                  what does not fit together; status 1 where there is something
stills [--all]                         draw the stills that are missing (or all)
notebook SLUG --language zh --out FILE a lesson as .ipynb
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from aigc_core import terminal
from aigc_core.lessons import check, course
from aigc_core.lessons.blocks import FigureBlock, FormulaBlock


def main(argv: list[str] | None = None) -> int:
    """Run one command; raises what the commands raise."""
    parser = terminal.Parser(prog="python -m aigc_core.lessons", description="The course: lessons and live figures.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="print what there is as JSON")
    commands.add_parser("check", help="print what does not fit together")
    drawing = commands.add_parser("stills", help="draw the stills of the figures")
    drawing.add_argument("--all", action="store_true", help="also those that are there already")
    export = commands.add_parser("notebook", help="write a lesson as a Jupyter notebook")
    export.add_argument("slug")
    export.add_argument("--language", choices=course.LANGUAGES, default="en")
    export.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(argv)
    match args.command:
        case "list":
            terminal.out(json.dumps(listed(), ensure_ascii=False, indent=1))
        case "check":
            return _check()
        case "stills":
            _stills(args.all)
        case _:
            from aigc_core.lessons import notebook

            notebook.write(course.load(args.slug, args.language), args.out)
            terminal.say(f"wrote {args.out}")
    return 0


def listed() -> list[dict[str, Any]]:
    """List the written lessons of the outline."""
    return [_entry(place) for slug, place in course.places().items() if slug in course.written()]


def _entry(place: course.Place) -> dict[str, Any]:
    both = {language: course.load(place.slug, language) for language in course.LANGUAGES}
    formulas = [block for block in both["en"].blocks if isinstance(block, FormulaBlock)]
    return {
        "slug": place.slug,
        "chapter": place.chapter.number,
        "section": place.section,
        "title": {language: lesson.title for language, lesson in both.items()},
        "words": {language: check.count_words(lesson) for language, lesson in both.items()},
        "figures": [block.name for block in both["en"].blocks if isinstance(block, FigureBlock)],
        "formulas": len(formulas),
        "formulas_tested": [block.test for block in formulas if block.test],
        "minutes": both["en"].minutes,
    }


def _check() -> int:
    problems = check.problems() + [f"{slug}: not written in both languages" for slug in check.unwritten()]
    for problem in problems:
        terminal.out(problem)
    return 1 if problems else 0


def _stills(everything: bool) -> None:
    from aigc_core.lessons import stills

    for one in [*stills.wanted().values()] if everything else [*stills.missing()]:
        frame = stills.make(one)
        terminal.say(f"{one.name}  {len(frame.svg) / 1000:.0f} kB")
    for file in stills.unused():
        file.unlink()


if __name__ == "__main__":
    sys.exit(terminal.guarded(main))
