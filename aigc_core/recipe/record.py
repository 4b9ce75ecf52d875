"""Make a recipe from a request, and a request from a recipe."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import aigc_core
from aigc_core import runtime
from aigc_core.errors import InvalidRequestError
from aigc_core.tasks import SIDE_REQUESTS, request_type
from aigc_core.tasks.fields import Message, limits
from aigc_core.tasks.request import Request

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
FIELDS = (
    "generated", "app", "task", "request", "model", "license", "weights", "parameters", "seed", "info", "versions", "date",
    "part",
)  # fmt: skip
"""Keys of a recipe; ``part`` in files that hold one of several pictures."""


def make(request: Request, spec: ModelSpec, weights: str, info: Mapping[str, Any], date: str = "") -> dict[str, Any]:
    """The recipe of one run.

    Args:
        weights: What identifies the weights, from :func:`aigc_core.weights.sha256`.
        info: The pipeline's own facts, without times (a recipe must not differ between two equal runs).
        date: ISO day; today (UTC) when empty. Only the day, so that equal requests give equal bytes.
    """
    return {
        "generated": GENERATED,
        "app": f"aigc-studio {aigc_core.__version__}",
        **asked(request, spec),
        "license": spec.license,
        "weights": weights,
        "info": dict(info),
        "versions": versions(),
        "date": date or datetime.now(UTC).date().isoformat(),
    }


def asked(request: Request, spec: ModelSpec) -> dict[str, Any]:
    """The part of a recipe that is known before the run: task, model, parameters and seed."""
    values = {f.name: getattr(request, f.name) for f in fields(request)}
    kind = {"request": request.kind} if type(request) in SIDE_REQUESTS else {}
    return {
        "task": request.task,
        **kind,
        "model": spec.name,
        "parameters": {k: _plain(v) for k, v in values.items() if k not in ("model", "seed")},
        "seed": request.seed,
    }


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that can change an output, and the number of threads, which decides in what order
    sums are added up; nothing is imported for it.
    """
    return {**_versions(), "threads": os.environ.get("OMP_NUM_THREADS") or str(runtime.threads())}


@cache
def _versions() -> Mapping[str, str]:
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
        given = _decoded(name, recorded["base64"])
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


def dumps(recipe: Recipe) -> str:
    """Compact JSON, ASCII only so that every container's tag can hold it."""
    return json.dumps(recipe, sort_keys=True, separators=(",", ":"))
