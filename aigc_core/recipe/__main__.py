"""``python -m aigc_core.recipe FILE``: print a recipe, or make its output again."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from aigc_core import terminal
from aigc_core.recipe.reading import read


def main(argv: list[str] | None = None) -> int:
    """Print or replay; raises what :func:`aigc_core.recipe.read` and :func:`aigc_core.cli.replay` raise."""
    parser = terminal.Parser(prog="python -m aigc_core.recipe", description="Read or replay a recipe.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--replay", metavar="OUT", help="make the output again and write it here")
    parser.add_argument("--input", action="append", default=[], metavar="FIELD=FILE", help="an input, e.g. image=a.png")
    parser.add_argument("--force", action="store_true", help="replace files of the same names")
    parser.add_argument(
        "--anyway", action="store_true", help="replay although fields or weights differ from the recipe's"
    )
    args = parser.parse_args(argv)
    recipe = read(args.file)
    if args.replay is None:
        terminal.out(json.dumps(recipe, indent=2, ensure_ascii=False))
        return 0
    from aigc_core import cli

    return cli.replay(recipe, args.replay, args.input, force=args.force, anyway=args.anyway)


if __name__ == "__main__":
    sys.exit(terminal.guarded(main))
