"""Gradio's own scripts and styles: sent compressed from memory, kept by the browser, and announced at the top of the page.

A script of the bundle names those it imports, so a browser would come upon the last of them after four rounds of asking. The
page's head names all at once. Which they are is read from the bundle itself; should a release write it in another way, fewer
files are announced, and nothing else changes.
"""

from __future__ import annotations

import gzip
import mimetypes
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import brotli
import gradio
from starlette.datastructures import Headers

from demos.ui.door import Refused

FRONTEND = Path(gradio.__file__).parent / "templates" / "frontend"
ASSETS = FRONTEND / "assets"
FOREVER = b"public, max-age=31536000, immutable"
"""An asset's name holds a hash of its content."""
_QUALITY = 5
"""Of Brotli and gzip: a page of half a megabyte takes them 15 ms."""
_TEXTS = ("text/javascript", "text/css", "image/svg+xml")
_SMALL = 400
"""Bytes that are not worth compressing."""
_ENTRY = re.compile(r'src="\./assets/(index-[\w-]+\.js)"')
_LIST = re.compile(r"m\.f=\[(.*?)\]", re.DOTALL)
_AND_FILES = r"[^{}]{0,60}?(?:\{default:\w+\}\})?,__vite__mapDeps\(\[([\d,]*)\]"
"""What follows the import of a script: the places in the list of files of those that it needs, itself included."""


def needed(types: Iterable[str]) -> list[str]:
    """Names of the assets that a page with components of these types loads, in the order in which a browser comes upon them."""
    entry = _ENTRY.search((FRONTEND / "index.html").read_text("utf-8"))
    if entry is None:
        return []
    found = dict.fromkeys(_with(entry[1], r"import\(`\./Index-[\w-]+\.js`\)"))
    index, core = (next((name for name in found if name.startswith(start)), "") for start in ("Index-", "core-"))
    found |= dict.fromkeys(_with(index, r"import\(`\./Blocks-[\w-]+\.js`\)"))
    for kind in sorted(set(types)):
        found |= dict.fromkeys(_with(core, rf"[{{,]{kind}:\{{[^{{}}]*?component:[^`]*`\./[\w-]+\.js`\)"))
    return [entry[1], *(name for name in found if name != entry[1])]


def _with(script: str, imported: str) -> list[str]:
    """The files that come with what ``script`` imports where its text matches ``imported``."""
    text = _text(script)
    files, call = _LIST.search(text), re.search(imported + _AND_FILES, text)
    if files is None or call is None:
        return []
    names = [Path(name.strip('"')).name for name in files[1].split(",")]
    places = [int(number) for number in call[1].split(",") if number]
    return [names[i] for i in places if i < len(names) and names[i] in _names()]


@cache
def _text(script: str) -> str:
    return (ASSETS / script).read_text("utf-8") if script in _names() else ""


@cache
def _names() -> frozenset[str]:
    """The files of the bundle, which has no folders."""
    return frozenset(file.name for file in ASSETS.iterdir())


def announced(names: Iterable[str]) -> bytes:
    """The lines of a page's head that let a browser fetch the assets at once; they lie beside the page, also under a proxy's path."""
    lines = {
        ".js": '<link rel="modulepreload" href="./assets/{}">',
        ".css": '<link rel="preload" as="style" crossorigin href="./assets/{}">',
    }
    return "".join(lines[Path(name).suffix].format(name) for name in names if Path(name).suffix in lines).encode()


class Bundle:
    """ASGI middleware inside of the door. ``head`` gives the lines for the page's head, once the page is built."""

    def __init__(self, app: Any, *, head: Callable[[], bytes]) -> None:
        self.app, self._head = app, head

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            folder, _, name = scope["path"].lstrip("/").rpartition("/")
            coding = _coding(Headers(scope=scope).get("accept-encoding", ""))
            if scope["path"].startswith("/assets/"):
                if folder != "assets" or name not in _names():
                    raise Refused(404, "There is no such file.", "没有该文件。")
                return await _send_asset(send, _asset(name, coding))
            if scope["path"] == "/":
                send = _Document(send, self._head(), coding)
        return await self.app(scope, receive, send)  # type: ignore[no-any-return]


class _Document:
    """The way back of the page's document, which Gradio sends in one piece."""

    def __init__(self, send: Any, head: bytes, coding: str) -> None:
        self._send, self._head, self._coding = send, head, coding
        self._start: Any = None

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        start, self._start = self._start, None
        if start is not None and start["status"] == 200 and not message.get("more_body", False):
            body = _document(message["body"], self._head, self._coding)
            headers = [pair for pair in start["headers"] if pair[0] != b"content-length"]
            start, message = {**start, "headers": [*headers, *_about(body, self._coding)]}, {**message, "body": body}
        if start is not None:
            await self._send(start)
        await self._send(message)


@dataclass(frozen=True)
class _Asset:
    body: bytes
    coding: str
    kind: bytes


async def _send_asset(send: Any, asset: _Asset) -> None:
    headers = [(b"content-type", asset.kind), (b"cache-control", FOREVER), *_about(asset.body, asset.coding)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": asset.body})


def _about(body: bytes, coding: str) -> list[tuple[bytes, bytes]]:
    """Headers of a body that was compressed."""
    encoding = [(b"content-encoding", coding.encode())] if coding else []
    return [(b"content-length", str(len(body)).encode()), (b"vary", b"accept-encoding"), *encoding]


def _coding(accepted: str) -> str:
    """The best compression that the browser reads; an empty string for none."""
    return next((coding for coding in ("br", "gzip") if coding in accepted), "")


def _compressed(body: bytes, coding: str) -> bytes:
    if coding == "br":
        return bytes(brotli.compress(body, mode=brotli.MODE_TEXT, quality=_QUALITY))
    return gzip.compress(body, compresslevel=_QUALITY, mtime=0) if coding else body


@lru_cache(maxsize=4)
def _document(body: bytes, head: bytes, coding: str) -> bytes:
    """The document with the announcement; it is the same for every visitor who comes by the same address."""
    return _compressed(body.replace(b"<head>", b"<head>" + head, 1), coding)


@cache
def _asset(name: str, coding: str) -> _Asset:
    """A file of the bundle as it is sent; fonts come compressed."""
    body, kind = (ASSETS / name).read_bytes(), mimetypes.guess_type(name)[0] or "application/octet-stream"
    kind = "text/javascript" if kind == "application/javascript" else kind  # which Gradio makes of it
    coding = coding if kind in _TEXTS and len(body) > _SMALL else ""
    return _Asset(_compressed(body, coding), coding, kind.encode())
