"""``python -m aigc_core.budget MODEL [FIELD=VALUE …]``: what a request will cost on this machine.

A picture is given as a file or as a size, ``image=960x640``; ``kind=edit_face`` asks about another of the row's requests.
"""

from __future__ import annotations

import re
import sys
from dataclasses import fields
from typing import Any

from aigc_core import registry, support, tasks, terminal
from aigc_core.budget import Budget
from aigc_core.budget.machine import Machine, measure, memory_mb
from aigc_core.errors import InvalidRequestError
from aigc_core.media import inputs
from aigc_core.tasks.fields import Limits
from aigc_core.tasks.request import Request

_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})")


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = terminal.Parser(prog="python -m aigc_core.budget", description="What a request will cost here.")
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("values", nargs="*", metavar="FIELD=VALUE", help="of the request; an image also as 960x640")
    args = parser.parse_args(argv)
    request = asked(args.model, args.values)
    budget = Budget(machine=Machine(measure()))
    cost = budget.estimate(request)
    most = "" if cost.most_s is None else f", up to {cost.most_s:.2f} s"
    rows = [("compute", "not measured" if cost.seconds is None else f"{cost.seconds:.2f} s{most}")]
    rows += [("load", f"{cost.load_s:.1f} s"), ("fetch", f"{cost.fetch_mb:.0f} MB")]
    rows += [("memory", f"{cost.memory_mb:.0f} MB of {memory_mb():.0f}")]
    for name, value in rows:
        terminal.out(f"{name:<8} {value}")
    budget.check(request)
    return 0


def asked(model: str, given: list[str]) -> Request:
    """The request that the words of a command line describe.

    Raises:
        AigcError: no such row or field, or a value out of its limits.
    """
    spec = registry.find(model)
    words = dict(_split(word) for word in given)
    cls = tasks.request_type(spec.task, words.pop("kind", ""))
    known = {name: tasks.limits(cls, name) for name in (field.name for field in fields(cls))}
    if unknown := sorted(set(words) - set(known)):
        raise InvalidRequestError(f"{cls.kind} has no field {unknown[0]!r}. It has: {', '.join(known)}.")
    request = cls(**{**words, "model": spec.name, **{name: _value(known[name], text) for name, text in words.items()}})
    support.check(request, spec)
    return request


def _split(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals:
        raise InvalidRequestError(f"Write fields as FIELD=VALUE; got {word!r:.60}.")
    return name, value


def _value(lim: Limits, text: str) -> Any:
    if lim.kind == "image" and (found := _SIZE.fullmatch(text)):
        from PIL import Image

        return Image.new("1", (int(found[1]), int(found[2])), 1)
    if lim.kind in inputs.FILE_KINDS:
        return inputs.read(lim, text)
    if lim.kind == "bool":
        return text.lower() in ("true", "yes", "1")
    try:
        return {"int": int, "float": float}.get(lim.kind, str)(text)
    except ValueError:
        return text  # the request's own check says what is wrong


if __name__ == "__main__":
    sys.exit(terminal.guarded(main))
