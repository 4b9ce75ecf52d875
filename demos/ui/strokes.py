"""Strokes painted on a canvas: the page sends it in pieces, ahead of the event that uses it.

Gradio keeps such pieces for good, as many and as large as anybody sends, under names that the sender chooses. Here they are
few, small and short-lived.
"""

from __future__ import annotations

import io
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from aigc_core.errors import InvalidRequestError

PIECE_BYTES = 8_000_000
LAYERS = 8
DRAWINGS = 32
"""Drawings that wait for their event; the oldest goes."""
TOTAL_BYTES = 128_000_000


@dataclass
class Drawing:
    """A canvas as handlers get it: a path or an open file each."""

    background: Any = None
    layers: list[Any] = field(default_factory=list)
    composite: Any = None


@dataclass
class _Pieces:
    background: bytes = b""
    layers: dict[int, bytes] = field(default_factory=dict)
    composite: bytes = b""

    @property
    def size(self) -> int:
        return len(self.background) + len(self.composite) + sum(map(len, self.layers.values()))


class Strokes:
    """Pieces of drawings by the name that the page gave them."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, _Pieces] = OrderedDict()
        self._lock = Lock()

    def add(self, name: Any, kind: Any, index: Any, piece: bytes) -> None:
        """Keep one piece.

        Raises:
            InvalidRequestError: too large, too many layers, or not what a canvas sends.
        """
        number = str(index if index not in (None, "", "null") else 0)
        sound = isinstance(name, str) and 0 < len(name) <= 40 and number.isdecimal() and len(number) < 4
        if not sound or kind not in ("background", "layer", "composite") or int(number) >= LAYERS:
            raise InvalidRequestError(
                f"A drawing has a background and at most {LAYERS} layers.", f"画布由背景和最多 {LAYERS} 个图层组成。"
            )
        if len(piece) > PIECE_BYTES:
            raise InvalidRequestError(
                f"A layer may have at most {PIECE_BYTES // 1_000_000} MB; got {len(piece) / 1e6:.1f} MB.",
                f"每个图层最多 {PIECE_BYTES // 1_000_000} MB，收到 {len(piece) / 1e6:.1f} MB。",
            )
        with self._lock:
            pieces = self._waiting.setdefault(name, _Pieces())
            if kind == "layer":
                pieces.layers[int(number)] = piece
            else:
                setattr(pieces, kind, piece)
            while len(self._waiting) > DRAWINGS or sum(one.size for one in self._waiting.values()) > TOTAL_BYTES:
                self._waiting.popitem(last=False)

    def take(self, name: str) -> Drawing:
        """The drawing called ``name``, which is then forgotten.

        Raises:
            InvalidRequestError: it is not kept any longer.
        """
        with self._lock:
            pieces = self._waiting.pop(name, None)
        if pieces is None:
            raise InvalidRequestError(
                "The drawing is no longer kept. Paint one more stroke and try again.",
                "画布内容已过期，请再画一笔后重试。",
            )
        layers = [io.BytesIO(pieces.layers[at]) for at in sorted(pieces.layers)]
        opened = [io.BytesIO(piece) if piece else None for piece in (pieces.background, pieces.composite)]
        return Drawing(opened[0], layers, opened[1])


def drawing_of(sent: Any, strokes: Strokes) -> Drawing | None:
    """From what an editor's event carries, files or the name of pieces sent before; None where it carries nothing."""
    if sent is None:
        return None
    if getattr(sent, "id", None):
        return strokes.take(sent.id)
    layers = [str(file.path) for file in sent.layers or () if file is not None]
    background, composite = (None if file is None else str(file.path) for file in (sent.background, sent.composite))
    return Drawing(background, layers, composite)
