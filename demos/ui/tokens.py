"""Generated text as HTML in which every token shows how likely it was and what else could have stood there.

The value only ever grows at its end while text streams, so that Gradio sends what is new and nothing else. The script
moves between tokens (hover, arrow keys, tap) and fills the panel of their ``.tokgroup``; the panel's buttons continue from
another choice (:mod:`demos.continue_text.branch_trail`), except in a group that is ``readonly``.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from typing import Any

from aigc_core.tasks.continue_text import Text
from aigc_core.tasks.decoding import Token
from demos.ui.i18n import both

BANDS = ((0.5, "a"), (0.1, "b"), (0.01, "c"), (0.0, "d"))
_UNSPEAKABLE = re.compile(r"<\|.*\|>|</?s>|(\\x[0-9a-f]{2})+")
"""Special tokens and parts of characters: shown, but no text can go on from them."""


def view(prompt: str, output: Text) -> str:
    """The prompt, then one span per token; everything escaped."""
    given = html.escape(prompt)
    return f'<span class="given" data-text="{given}">{given}</span>' + "".join(map(span, output.tokens))


def span(token: Token) -> str:
    """One token: its text, probability band, and its alternatives as JSON for the panel."""
    shown = html.escape(token.text)
    options = [[text, p, _UNSPEAKABLE.fullmatch(text) is None] for text, p in token.alternatives]
    data = html.escape(json.dumps(options, ensure_ascii=False, separators=(",", ":")))
    kind = "tok " + band(token.probability) + (" nl" if "\n" in token.text else "") + ("" if token.text else " part")
    return (
        f'<span class="{kind}" role="button" tabindex="-1" data-p="{token.probability:.4g}" data-text="{shown}" '
        f'data-alts="{data}">{shown}</span>'
    )


def band(probability: float) -> str:
    """The CSS class of a probability: ``pa`` likely … ``pd`` surprising."""
    return "p" + next(name for limit, name in BANDS if probability >= limit)


def of_record(record: Mapping[str, Any]) -> tuple[str, Text]:
    """Prompt and output of a saved JSON record."""
    output = record["output"]
    tokens = tuple(
        Token(text=t["text"], probability=t["probability"], alternatives=tuple((a[0], a[1]) for a in t["alternatives"]))
        for t in output["tokens"]
    )
    return record["recipe"]["parameters"]["prompt"], Text(text=output["text"], tokens=tokens)


LEGEND = f"""<div class="legend"><span>{both("Probability of each token", "每个 token 的概率")}</span>
<span class="tok pa">≥ 50 %</span><span class="tok pb">10–50 %</span><span class="tok pc">1–10 %</span><span class="tok pd">&lt; 1 %</span></div>"""


def panel(en: str, zh: str) -> str:
    """Element in which the script shows a token's alternatives; it holds the hint until then."""
    return f'<div class="alts" aria-live="polite"><p class="hint">{both(en, zh)}</p><div class="rows"></div></div>'


PANEL = panel(
    "Point at a token, tap it, or tab into the text and use the arrow keys: its ten likeliest alternatives appear here. Click one to continue from it.",
    "将鼠标移到某个 token 上、点按它，或用 Tab 键进入文本后按方向键：此处列出该位置概率最高的 10 个候选，点击任意一个即可从那里改写。",
)
