"""Attention maps as HTML: the text whose tokens say where they look, a heat map, and every head of the network at a glance.

All maps of a text come at once, a byte per weight, so that layers and heads change without asking the server.
"""

from __future__ import annotations

import base64
import html
import json

import numpy as np

from aigc_core.tasks.continue_text import AttentionMaps
from demos.ui.i18n import bilingual, both

COLOUR_STEPS = 255


def packed(maps: AttentionMaps) -> str:
    """Lower triangles of all maps, row by row, base64 of one byte per weight; layer by layer, head by head."""
    rows, columns = np.tril_indices(len(maps.tokens))
    values = np.rint(maps.weights[:, :, rows, columns] * COLOUR_STEPS).astype(np.uint8)
    return base64.b64encode(values.tobytes()).decode()


def view(maps: AttentionMaps, title: str) -> str:
    """The whole panel of one text."""
    layers, heads = maps.weights.shape[:2]
    return page(maps.tokens, layers, heads, packed(maps), title)


def page(tokens: tuple[str, ...], layers: int, heads: int, weights: str, title: str) -> str:
    """The same from what :func:`packed` gave; everything escaped."""
    words = "".join(
        f'<span class="at" role="button" tabindex="{0 if i == len(tokens) - 1 else -1}" data-i="{i}">{_word(token)}</span>'
        for i, token in enumerate(tokens)
    )
    data = html.escape(json.dumps(tokens, ensure_ascii=False))
    return f"""<div class="attn" data-layers="{layers}" data-heads="{heads}" data-tokens="{data}" data-weights="{weights}">
<div class="attn-side"><p class="attn-title"><b>{html.escape(title)}</b> · {both(f"{layers} layers, {heads} heads each", f"{layers} 层，每层 {heads} 个头")}</p>
<div class="attn-tools">{_slider("layer", layers, "Layer", "层")}{_slider("head", heads, "Head", "头")}
<label class="attn-sink"><input type="checkbox" class="sink" checked> {both("Colours without the first token", "着色时略去首个 token")}</label></div>
<p class="attn-find">{both("Find a head that looks at", "寻找关注以下位置的头：")} {_find("previous", "the token before", "前一个 token")}{_find("first", "the first token", "首个 token")}{_find("repeat", "what followed last time", "同一 token 上次出现后的内容")}</p>
<p class="attn-text" aria-label="tokens">{words}</p><p class="attn-said" aria-live="polite">{both("Point at a token: where does it look?", "将鼠标移到某个 token 上：它在看哪里？")}</p></div>
<div class="attn-map"></div>
<div class="attn-all"><p>{both("Every head: layers from left to right, heads from top to bottom. Click one.", "所有注意力头：从左到右为各层，从上到下为各头，点击可选。")}</p><div class="attn-scroll"><div class="attn-sheet"><canvas></canvas><i></i></div></div></div></div>"""


def _word(token: str) -> str:
    return html.escape(token).replace("\n", "↵\n") if token else "▫"


def _slider(kind: str, most: int, en: str, zh: str) -> str:
    return (
        f'<label>{both(en, zh)} <output class="{kind}-now">1</output> / {most}'
        f'<input type="range" class="{kind}" min="1" max="{most}" value="1" aria-label="{bilingual(en, zh)}"></label>'
    )


def _find(kind: str, en: str, zh: str) -> str:
    return f'<button type="button" data-find="{kind}">{both(en, zh)}</button>'
