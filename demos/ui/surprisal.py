"""A given text as HTML, every token coloured by how many bits it surprised a model by.

The tokens are those of :mod:`demos.ui.tokens`: its script moves between them and fills the panel under each text.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from aigc_core.tasks.continue_text import Inspection
from aigc_core.tasks.decoding import Surprisal
from demos.ui import tokens as token_view
from demos.ui.i18n import both

BANDS = ((1.0, "sa"), (3.0, "sb"), (6.0, "sc"), (10.0, "sd"), (float("inf"), "se"))
"""Upper limits in bits."""


class Measured(NamedTuple):
    """One model's reading of a text; None while it is not done."""

    title: str
    inspection: Inspection | None


def view(measured: Sequence[Measured]) -> str:
    """One block per model, with bars to compare where there are several."""
    most = max((m.inspection.bits_per_byte for m in measured if m.inspection), default=0.0)
    return f'<div class="spr-all">{LEGEND}{"".join(_block(m, most) for m in measured)}</div>'


def _block(measured: Measured, most: float) -> str:
    title, made = html.escape(measured.title), measured.inspection
    if made is None:
        waiting = both("waiting…", "等待中…")
        return f'<section class="spr"><div class="spr-head"><b>{title}</b><span>{waiting}</span></div></section>'
    width = 100 * made.bits_per_byte / most if most else 0
    facts = both(
        f"<b>{made.bits_per_byte:.2f}</b> bits per byte · perplexity {made.perplexity:,.1f} per token · "
        f"{len(made.tokens)} tokens, {made.bytes} bytes, {made.bits:,.0f} bits",
        f"<b>{made.bits_per_byte:.2f}</b> bit/字节 · 困惑度 {made.perplexity:,.1f}（每 token）· "
        f"{len(made.tokens)} 个 token，{made.bytes} 字节，共 {made.bits:,.0f} bit",
    )
    return (
        f'<section class="spr tokgroup readonly" aria-label="{title}"><div class="spr-head"><b>{title}</b><span>{facts}</span></div>'
        f'<div class="spr-bar"><i style="width:{width:.1f}%"></i></div>'
        f'<div class="tokens"><div class="prose">{"".join(spans(made.tokens, made.vocabulary))}</div></div>{PANEL}</section>'
    )


def spans(tokens: Iterable[Surprisal], vocabulary: int) -> Iterable[str]:
    """One span per token; everything escaped."""
    for token in tokens:
        shown = html.escape(token.text)
        data = json.dumps([[text, p] for text, p in token.alternatives], ensure_ascii=False, separators=(",", ":"))
        kind = f"tok {band(token.bits)}" + (" nl" if "\n" in token.text else "") + ("" if token.text else " part")
        yield (
            f'<span class="{kind}" role="button" tabindex="-1" data-p="{token.probability:.4g}" data-bits="{token.bits:.1f}" '
            f'data-rank="{token.rank}" data-of="{vocabulary}" data-text="{shown}" data-alts="{html.escape(data)}">{shown}</span>'
        )


def band(bits: float) -> str:
    """The CSS class of a surprise: ``sa`` expected … ``se`` astonishing."""
    return next(name for limit, name in BANDS if bits <= limit)


LEGEND = f"""<div class="legend"><span>{both("Surprisal of each token", "每个 token 的信息量")}</span>
<span class="tok sa">≤ 1 bit</span><span class="tok sb">1–3</span><span class="tok sc">3–6</span><span class="tok sd">6–10</span><span class="tok se">&gt; 10 bit</span></div>"""

PANEL = token_view.panel(
    "Point at a token, or tab into the text and use the arrow keys: its rank and what the model expected instead.",
    "将鼠标移到某个 token 上，或用 Tab 键进入文本后按方向键：此处显示它的排名，以及模型原本预期的内容。",
)
