"""Drawing with matplotlib for the page: SVG whose lines and letters follow the page's theme, the same bytes every time.

Text stays text (the browser's fonts draw it, Chinese tokens included); axes and labels take the colour of the text around
the picture, so that one file serves light and dark.
"""

from __future__ import annotations

import hashlib
import io
import re
import warnings
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.backends import backend_mixed, backend_svg
from matplotlib.figure import Figure
from matplotlib.textpath import TextToPath

COLOURS = ("#0d9488", "#d97706", "#7c3aed", "#db2777", "#2563eb", "#65a30d")
"""Line colours in the order of use; they stand out on white and on near-black (3:1 or more)."""
warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # the browser has it: text stays text
_INK = "#010203"  # becomes the colour of the surrounding text
_FAINT = "#030201"  # the same, at a quarter of its strength
_STYLE: Any = {
    "svg.fonttype": "none", "svg.hashsalt": "aigc", "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none",
    "font.size": 10, "font.family": "sans-serif", "axes.edgecolor": _FAINT, "axes.labelcolor": _INK, "text.color": _INK,
    "xtick.color": _INK, "ytick.color": _INK, "grid.color": _FAINT, "axes.spines.top": False, "axes.spines.right": False,
    "lines.linewidth": 1.8, "axes.prop_cycle": cycler(color=COLOURS), "image.cmap": "viridis", "axes.unicode_minus": False,
    "mathtext.fontset": "dejavusans",
}  # fmt: skip


def canvas(
    rows: int = 1, columns: int = 1, *, width: float = 7.2, height: float = 3.2, **grid: Any
) -> tuple[Figure, Any]:
    """A figure and its axes (an array of them unless there is one), sizes in inches; ``grid`` as of ``Figure.subplots``."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, figure.subplots(rows, columns, **grid)


def svg(figure: Figure) -> str:
    """The figure as an ``<svg>`` element that scales to the width it is given."""
    with mpl.rc_context(_STYLE):
        text = _drawn(figure)
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.S)
    # black is SVG's own fill, which matplotlib leaves out: what is written so follows the page as well
    text = re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', 'width="100%" fill="currentColor"', text, count=1)
    for name, path in re.findall(r'<clipPath id="(\w+)">(.*?)</clipPath>', text, re.S):
        # matplotlib names it after coordinates whose last bits differ from run to run; here after the ones written
        text = text.replace(name, "c" + hashlib.sha256(path.encode()).hexdigest()[:10])
    text = text.replace(_INK, "currentColor")
    return re.sub(rf"(fill|stroke): {_FAINT}", r"\1: currentColor; \1-opacity: 0.25", text)


_RENDERER: Any = backend_svg.RendererSVG  # their stubs have no types
_MIXED: Any = backend_mixed.MixedModeRenderer  # pictures among lines
_MEASURE = TextToPath()
"""Measures text; one for all figures, as it remembers the formulas it has parsed (most are labels of ticks)."""
_DPI = 72
"""Dots per inch of SVG: its unit is the point."""


class _Canvas(backend_svg.FigureCanvasSVG):
    """A canvas whose layout is measured with the renderer that draws."""

    def __init__(self, figure: Figure, renderer: Any) -> None:
        super().__init__(figure)
        self.renderer = renderer

    def get_renderer(self) -> Any:
        return self.renderer


def _drawn(figure: Figure) -> str:
    """Write what ``figure.savefig`` writes, in half its time: that draws twice, and parses every formula anew each time."""
    out = io.StringIO()
    pixels = figure.dpi  # of pictures and points inside the SVG, per inch
    figure.dpi = _DPI
    width, height = figure.get_size_inches()
    renderer = _RENDERER(width * _DPI, height * _DPI, out, image_dpi=pixels, metadata={"Date": None, "Creator": None})
    renderer._text2path = _MEASURE
    _Canvas(figure, renderer)
    mixed = _MIXED(figure, width, height, pixels, renderer)
    figure.draw(mixed)
    mixed.finalize()
    figure.dpi = pixels
    return out.getvalue()


def picture(axes: Axes, image: np.ndarray | Any, *, title: str = "") -> None:
    """Show a picture without axes: an array (H, W[, 3]) of uint8 or in [0, 1], or a PIL picture; pixels stay sharp."""
    axes.imshow(np.asarray(image), interpolation="nearest", cmap="gray")
    axes.set_axis_off()
    if title:
        axes.set_title(title, fontsize=9, color=_INK)


def pictures(images: Sequence[Any], *, columns: int, width: float = 7.2, titles: Sequence[str] = ()) -> Figure:
    """A contact sheet of pictures of one size."""
    rows = -(-len(images) // columns)
    first = np.asarray(images[0])
    side = width / columns
    height = rows * (side * first.shape[0] / first.shape[1] + (0.25 if titles else 0.05))
    figure, axes = canvas(rows, columns, width=width, height=height, squeeze=False)
    for i, place in enumerate(axes.flat):
        place.set_axis_off()
        if i < len(images):
            picture(place, images[i], title=titles[i] if i < len(titles) else "")
    return figure
