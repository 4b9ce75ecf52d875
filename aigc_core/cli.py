"""Every task without a browser: ``python -m aigc_core faces --count 4 --seed 7 --out faces.png``.

Options are the fields of the task's request; pictures and MIDI files are given as paths, a chat history as a JSON file.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

from aigc_core import destination, registry, resources, runtime, support, tasks, terminal, weights
from aigc_core.engine import Engine
from aigc_core.errors import AigcError, InvalidRequestError
from aigc_core.recipe import Recipe, compare, to_request
from aigc_core.recipe.record import picture_hash
from aigc_core.tasks.chat import Reply
from aigc_core.tasks.continue_text import Text
from aigc_core.tasks.fields import Limits
from aigc_core.tasks.request import Request
from aigc_core.tasks.speak import SpeakRequest
from aigc_core.tasks.summarize import Summary
from aigc_core.terminal import guarded as guarded
from aigc_core.types import Progress, Result


def main(argv: list[str] | None = None) -> int:
    """Entry point of ``python -m aigc_core``."""
    args = _parser().parse_args(argv)
    if args.offline:
        runtime.go_offline()
    if args.task == "models":
        for spec in registry.list_models(args.only):
            terminal.out(
                f"{spec.name:<28} {spec.task:<14} {weights.describe(spec):<18} {spec.license:<16} {spec.summary}"
            )
        return 0
    cls = tasks.request_type(args.task)
    given = {f.name: getattr(args, f.name) for f in fields(cls) if getattr(args, f.name) is not None}
    request = cls(**{name: _read_value(tasks.limits(cls, name), value) for name, value in given.items()})
    if getattr(args, "dry_run", False):
        return _dry_run(request)
    return run(request, args.out, force=args.force)


def run(request: Request, out: str | None, *, force: bool = False) -> int:
    """Run a request, write its files, then print."""
    speaks = ".md" in request.endings
    if speaks and out in (None, "-"):
        return _show(play(request))
    target = destination.plan(out, request, force=force)
    with target.ready() as free:
        result = play(request)
        try:
            files = free.write(result)
        except AigcError:
            with suppress(OSError):
                _print_text(result)  # this, at least, is not lost
            raise
    return _show(result, files, target.note)


def _dry_run(request: Request) -> int:
    """Print as JSON what will be said; characters that standard output cannot show are escaped."""
    from aigc_core.nlp import phonemes

    assert isinstance(request, SpeakRequest)
    support.check_options(request, registry.find(request.model, request.task))
    said = phonemes.as_said(request)
    line = json.dumps(said, ensure_ascii=False)
    line = "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)  # U+200B and the like can be seen
    try:
        line.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        line = json.dumps(said)
    terminal.out(line)
    _name_dropped(said["dropped"])
    return 0


def _name_dropped(dropped: str) -> None:
    """Report on standard error the characters that cannot be spoken."""
    if dropped:
        from aigc_core.nlp.text_normalization import listed

        terminal.say(f"Not spoken: {listed(dropped)}")


def _parser() -> terminal.Parser:
    program = "aigc" if Path(sys.argv[0]).stem == "aigc" else "python -m aigc_core"
    parser = terminal.Parser(prog=program, description="Generate faces, text, music and more.")
    parser.add_argument("--offline", action="store_true", help="never open a connection to another machine")
    commands = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    for cls in tasks.REQUESTS:
        sub = commands.add_parser(cls.task, help=(cls.__doc__ or cls.task).split("\n")[0])
        sub.add_argument(
            "--out", help="the output file, its companions are written beside it; or a folder (NAME/) to write into"
        )
        sub.add_argument("--force", action="store_true", help="replace files of the same names")
        for field in fields(cls):
            lim = tasks.limits(cls, field.name)
            _add_option(sub, field.name, lim, tasks.default(cls, field.name))
        if cls is SpeakRequest:
            sub.add_argument("--dry-run", action="store_true", help="print as JSON what will be said, and stop there")
    models = commands.add_parser("models", help="list the models")
    models.add_argument("only", nargs="?", metavar="TASK", help="of one task")
    return parser


def _add_option(parser: argparse.ArgumentParser, name: str, lim: Limits, default: Any) -> None:
    kinds: dict[str, Callable[[str], Any]] = {"int": int, "float": float}
    shown = "" if default in (None, "", ()) else f" (default {default})"
    span = f" {lim.minimum:.12g}–{lim.maximum:.12g}" if lim.kind in ("int", "float") else ""
    text = f"{lim.label.lower()}{span}{'; ' + lim.help if lim.help else ''}{shown}".replace("%", "%%")
    option = f"--{name.replace('_', '-')}"
    if lim.kind == "bool":
        parser.add_argument(option, action=argparse.BooleanOptionalAction, default=None, help=text)
    elif lim.kind == "strings":
        parser.add_argument(option, action="append", default=None, help=text)
    else:
        parser.add_argument(option, type=kinds.get(lim.kind, str), default=None, help=text)


def _read_value(lim: Limits, value: Any) -> Any:
    from aigc_core.media import inputs

    return inputs.read(lim, value) if lim.kind in inputs.FILE_KINDS else value


def example_pictures(recipe: Recipe, cls: type[Request]) -> dict[str, Any]:
    """The fields of a recipe that name an example picture of the app (``docs/gallery/scenes``) by its hash, and the pictures."""
    parameters = recipe.get("parameters")
    values = parameters if isinstance(parameters, Mapping) else {}
    found = {}
    for name in (field.name for field in fields(cls) if tasks.limits(cls, field.name).kind == "image"):
        recorded = values.get(name)
        digest = recorded.get("sha256") if isinstance(recorded, Mapping) else None
        pictures = (_read_value(tasks.limits(cls, name), file) for file in _examples()) if digest else ()
        if picture := next((one for one in pictures if picture_hash(one) == digest), None):
            found[name] = picture
    return found


def _examples() -> list[Path]:
    return sorted((resources.folder("docs") / "gallery" / "scenes").glob("*.*"))


def play(request: Request, *, date: str = "") -> Result:
    """Run a request with a progress bar on standard error."""
    from aigc_core.media import inputs

    for note, _ in (*inputs.notes(request), *support.notes(request)):
        print(f"note: {note}", file=sys.stderr)
    events = Engine().run(request, date=date)
    shown = sys.stderr.isatty()
    result: Result | None = None
    try:
        for event in events:
            if isinstance(event, Result):
                result = event
            elif shown:
                terminal.status(bar(event))
    finally:
        events.close()
        terminal.status()
    assert result is not None
    _name_dropped(str(result.info.get("dropped", "")))
    return result


def bar(event: Progress, width: int = 24) -> str:
    """One line: ``run  [#####...] 12/50``; bytes are shown in MB."""
    unit = 1e6 if event.stage == "fetch" else 1
    done = f"{event.step / unit:.0f}"
    if not event.total:
        return f"{event.stage:<6}{done} {event.message}"
    filled = round(width * min(1.0, event.step / event.total))
    suffix = " MB" if event.stage == "fetch" else ""
    return f"{event.stage:<6}[{'#' * filled}{'.' * (width - filled)}] {done}/{event.total / unit:.0f}{suffix} {event.message}"


def _show(result: Result, files: Sequence[Path] = (), note: str = "") -> int:
    """Say what was written and how, then print the text of a result that is one."""
    if note:
        terminal.say(f"note: {note}")
    for file in files:
        terminal.say(f"wrote {file}")
    terminal.say(f"{result.recipe['model']} · {result.seconds:.1f} s · seed {result.recipe['seed']}")
    _print_text(result)
    return 0


def _print_text(result: Result) -> None:
    if isinstance(result.output, (Text, Reply, Summary)):
        terminal.out(result.output.text)


def replay(
    recipe: Recipe, out: str | Path, inputs: Sequence[str] = (), *, force: bool = False, anyway: bool = False
) -> int:
    """Make an output again from its recipe; ``inputs`` are ``field=file`` pairs, ``out`` and ``force`` as of a task.

    An input that is one of the app's example pictures is found by its hash.

    Raises:
        InvalidRequestError: something would not be as the recipe says, and it is not to be run ``anyway``.
    """
    cls = tasks.request_type(str(recipe.get("task")), str(recipe.get("request", "")))
    given = {}
    for pair in inputs:
        name, _, path = pair.partition("=")
        if name not in {f.name for f in fields(cls)} or not path:
            raise InvalidRequestError(f"--input must be FIELD=FILE with a field of {cls.task}; got {pair!r}.")
        given[name] = _read_value(tasks.limits(cls, name), path)
    spec = registry.find(str(recipe.get("model") or ""), cls.task)
    found = compare.differences(recipe, cls, weights.sha256(spec.source))
    if found and not anyway:
        raise compare.refused(found)
    for difference in found:
        terminal.say(f"note: {difference.en}")
    request = to_request(recipe, {**example_pictures(recipe, cls), **given})
    part = recipe.get("part")
    one = part if isinstance(part, Mapping) else {}  # one picture of several
    role = str(one.get("role", f"face-{one['index']}" if "index" in one else ""))
    target = destination.plan(str(out), request, force=force, part=bool(role))
    with target.ready() as free:
        result = play(request, date=str(recipe.get("date", "")))
        files = free.write(result, role)
    for note in compare.notes(recipe, result.recipe):
        terminal.say(f"note: {note}")
    if target.note:
        terminal.say(f"note: {target.note}")
    for file in files:
        terminal.say(f"wrote {file}")
    return 0
