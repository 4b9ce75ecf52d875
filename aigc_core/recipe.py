"""How an output was made, written into the output itself.

A recipe is plain JSON: task, model, weights, every parameter, inputs by hash, versions, date, and "AI-generated". Files
carry it as a PNG text chunk, WAV/FLAC comment, MIDI text event, MP4/GIF comment, or a ``recipe`` key in JSON (text).

    python -m aigc_core.recipe FILE                      print the recipe
    python -m aigc_core.recipe FILE --replay OUT         make the output again (same machine and versions: same bytes)
           [--input image=PHOTO.jpg …]                   files the recipe names by hash only
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aigc_core
from aigc_core import terminal
from aigc_core.errors import InvalidRequestError
from aigc_core.requests import SIDE_REQUESTS, Message, Request, limits, request_type

if TYPE_CHECKING:
    from aigc_core.types import ModelSpec

KEY = "aigc-recipe"
GENERATED = "AI-generated"
Recipe = Mapping[str, Any]
_PACKAGES = (
    "torch",
    "numpy",
    "pillow",
    "onnxruntime",
    "transformers",
    "diffusers",
    "opencv-python-headless",
    "symusic",
)
_MAX_INLINE = 64_000  # bytes of a primer kept inside the recipe
_MAX_TAG = 64_000_000  # bytes of a text chunk that is worth reading


def make(request: Request, spec: ModelSpec, weights: str, info: Mapping[str, Any], date: str = "") -> dict[str, Any]:
    """The recipe of one run.

    Args:
        weights: What identifies the weights, from :func:`aigc_core.weights.sha256`.
        info: The pipeline's own facts, without times (a recipe must not differ between two equal runs).
        date: ISO day; today (UTC) when empty. Only the day, so that equal requests give equal bytes.
    """
    values = {f.name: getattr(request, f.name) for f in fields(request)}
    kind = {"request": type(request).__name__} if type(request) in SIDE_REQUESTS else {}
    return {
        "generated": GENERATED,
        "app": f"aigc-studio {aigc_core.__version__}",
        "task": request.task,
        **kind,
        "model": spec.name,
        "license": spec.license,
        "weights": weights,
        "parameters": {k: _plain(v) for k, v in values.items() if k not in ("model", "seed")},
        "seed": request.seed,
        "info": dict(info),
        "versions": versions(),
        "date": date or datetime.now(UTC).date().isoformat(),
    }


def versions() -> dict[str, str]:
    """Of Python and the packages that can change an output; read from metadata, nothing is imported."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    if isinstance(value, Message):
        return {"role": value.role, "content": value.content}
    if isinstance(value, bytes):
        described: dict[str, Any] = {"sha256": hashlib.sha256(value).hexdigest(), "bytes": len(value)}
        if len(value) <= _MAX_INLINE:
            described["base64"] = base64.b64encode(value).decode()
        return described
    if hasattr(value, "tobytes") and hasattr(value, "size"):
        return {"sha256": picture_hash(value), "size": list(value.size)}
    return value


def picture_hash(image: Any) -> str:
    """SHA-256 of a PIL picture's mode, size and pixels: the same for every lossless file of it."""
    head = f"{image.mode} {image.size[0]} {image.size[1]} ".encode()
    return hashlib.sha256(head + image.tobytes()).hexdigest()


def to_request(recipe: Recipe, inputs: Mapping[str, Any] | None = None) -> Request:
    """The request that made it.

    Args:
        inputs: Values of the fields that the recipe names by hash only (PIL pictures, MIDI bytes).

    Raises:
        InvalidRequestError: not a recipe, or an input is missing or differs from the recorded one.
    """
    try:
        cls = request_type(recipe["task"], recipe.get("request", ""))
        recorded = {**recipe["parameters"], "model": recipe["model"], "seed": recipe["seed"]}
    except (KeyError, TypeError) as error:
        raise InvalidRequestError("This is not a recipe of this app.", "这不是本应用的配方。") from error
    known = {f.name for f in fields(cls)}
    values = {}
    for name, value in recorded.items():
        if name not in known:
            continue
        if limits(cls, name).kind in ("image", "bytes") and value is not None:
            value = _restore_input(name, value, (inputs or {}).get(name))
        values[name] = value
    return cls(**values)


def _restore_input(name: str, recorded: Any, given: Any) -> Any:
    if not isinstance(recorded, Mapping) or not isinstance(recorded.get("sha256"), str):
        raise InvalidRequestError(f"The recipe does not say which {name} it was made with.", f"配方未记录输入 {name}。")
    if given is None and "base64" in recorded:
        return _decoded(name, recorded["base64"])
    if given is None:
        raise InvalidRequestError(
            f"The recipe names its {name} by hash only. Please give the file: --input {name}=FILE.",
            f"配方只记录了输入 {name} 的哈希，请提供该文件：--input {name}=文件。",
        )
    digest = hashlib.sha256(given).hexdigest() if isinstance(given, bytes) else picture_hash(given)
    if digest != recorded["sha256"]:
        raise InvalidRequestError(
            f"This {name} is not the one the recipe was made with (SHA-256 {digest[:12]}…, recorded "
            f"{recorded['sha256'][:12]}…).",
            f"该 {name} 与配方记录的不是同一文件。",
        )
    return given


def _decoded(name: str, text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, TypeError) as error:
        raise InvalidRequestError(f"The {name} inside the recipe is damaged.", f"配方内的 {name} 已损坏。") from error


# --- into and out of files --------------------------------------------------------------------------------------------


def dumps(recipe: Recipe) -> str:
    """Compact JSON, ASCII only so that every container's tag can hold it."""
    return json.dumps(recipe, sort_keys=True, separators=(",", ":"))


def read(file: str | Path) -> dict[str, Any]:
    """The recipe inside a file.

    Raises:
        InvalidRequestError: the file carries none.
    """
    path = Path(file)
    if not path.is_file():
        raise InvalidRequestError(f"There is no file {path}.", f"文件 {path} 不存在。")
    try:
        return _checked(json.loads(_reader(path)(path)), path)
    except InvalidRequestError:
        raise
    except Exception as error:  # a damaged file makes the format's own reader fail in ways it does not document
        raise _no_recipe(path) from error


def _reader(path: Path) -> Callable[[Path], str]:
    with path.open("rb") as handle:
        head = handle.read(12)
        handle.seek(max(0, path.stat().st_size - 16))
        tail = handle.read()
    if tail.rstrip().endswith(b"-->"):  # a text may begin like any of the others
        return _from_text
    if head.startswith(b"\x89PNG"):
        return _from_png
    if head.startswith(b"GIF8"):
        return _from_gif
    if head.startswith(b"RIFF"):
        return _from_wav
    if head.startswith(b"fLaC"):
        return _from_flac
    if head.startswith(b"MThd"):
        return _from_midi
    if head[4:8] == b"ftyp":
        return _from_mp4
    return _from_json


def _checked(value: Any, path: Path) -> dict[str, Any]:
    if isinstance(value, dict) and isinstance(value.get("recipe"), dict):
        value = value["recipe"]
    if not isinstance(value, dict) or value.get("generated") != GENERATED or "task" not in value:
        raise _no_recipe(path)
    return value


def _no_recipe(path: Path) -> InvalidRequestError:
    if not path.stat().st_size:
        return InvalidRequestError(f"{path.name} is empty; it carries no recipe.", f"{path.name} 是空的，没有配方。")
    return InvalidRequestError(f"{path.name} carries no recipe of this app.", f"{path.name} 中没有本应用的配方。")


def _from_png(path: Path) -> str:
    """Walk the chunks without decoding the picture, however large it claims to be."""
    with path.open("rb") as handle:
        handle.seek(8)
        while len(head := handle.read(8)) == 8:
            size, kind = int.from_bytes(head[:4], "big"), head[4:]
            if kind == b"iTXt" and size <= _MAX_TAG:
                keyword, _, rest = handle.read(size).partition(b"\0")
                if keyword.decode("latin-1") == KEY and rest[:1] == b"\0":  # not compressed
                    return rest[2:].split(b"\0", 2)[2].decode()  # after language and translated keyword
                size = 0
            handle.seek(size + 4, os.SEEK_CUR)
    return ""


def _from_gif(path: Path) -> str:
    from PIL import Image

    with Image.open(path, formats=("GIF",)) as image:
        comment = image.info.get("comment", b"")
    return comment.decode() if isinstance(comment, bytes) else str(comment)


def _from_wav(path: Path) -> str:
    """The comment of the ``LIST INFO`` chunk, as :mod:`aigc_core.media.audio` writes it."""
    with path.open("rb") as handle:
        handle.seek(12)
        while len(head := handle.read(8)) == 8:
            size = int.from_bytes(head[4:], "little")
            if head[:4] == b"LIST" and size <= _MAX_TAG:
                body = handle.read(size)
                if body.startswith(b"INFOICMT"):
                    return body[12 : 12 + int.from_bytes(body[8:12], "little")].rstrip(b"\0").decode()
                size = 0
            handle.seek(size + size % 2, os.SEEK_CUR)
    return ""


def _from_flac(path: Path) -> str:
    import soundfile

    with soundfile.SoundFile(str(path)) as handle:
        return str(handle.comment)


def _from_midi(path: Path) -> str:
    import mido

    for track in mido.MidiFile(path).tracks:
        for message in track:
            if message.type == "text" and message.text.startswith(KEY + ":"):
                return str(message.text[len(KEY) + 1 :])
    return ""


def _from_mp4(path: Path) -> str:
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-protocol_whitelist", "file", "-f", "mov", "-i", str(path), "-f", "ffmetadata", "-"]  # fmt: skip
    shown = subprocess.run(command, capture_output=True, timeout=30, check=True).stdout.decode("utf-8")
    for line in shown.splitlines():
        if line.startswith("comment="):
            return (
                line[len("comment=") :]
                .replace("\\=", "=")
                .replace("\\;", ";")
                .replace("\\#", "#")
                .replace("\\\\", "\\")
            )
    return ""


def _from_json(path: Path) -> str:
    return path.read_text("utf-8")


def _from_text(path: Path) -> str:
    """A Markdown or text export ends in ``<!-- aigc-recipe: {…} -->``."""
    text = path.read_text("utf-8")
    start = text.rindex(f"<!-- {KEY}: ") + len(f"<!-- {KEY}: ")
    return text[start : text.index(" -->", start)]


# --- command line -------------------------------------------------------------------------------------------------------


def main(argv: list[str] | None = None) -> int:
    """Entry point of ``python -m aigc_core.recipe``."""
    parser = terminal.Parser(prog="python -m aigc_core.recipe", description="Read or replay a recipe.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--replay", metavar="OUT", help="make the output again and write it here")
    parser.add_argument("--input", action="append", default=[], metavar="FIELD=FILE", help="an input, e.g. image=a.png")
    parser.add_argument("--force", action="store_true", help="replace files of the same names")
    args = parser.parse_args(argv)
    recipe = read(args.file)
    if args.replay is None:
        terminal.out(json.dumps(recipe, indent=2, ensure_ascii=False))
        return 0
    from aigc_core import cli

    return cli.replay(recipe, args.replay, args.input, force=args.force)


if __name__ == "__main__":
    sys.exit(terminal.guarded(main))
