"""Two languages everywhere.

Every text is sent in both languages, and ``<html lang>``, which Gradio keeps up to date, decides which one is seen: the
language switch changes all words at once, those of earlier results too, without asking the server.

- Labels go through Gradio's own I18n (:func:`t`).
- HTML and Markdown carry both languages and CSS hides one (:func:`both`).
- Where neither reaches, a text carries both languages itself and ``bilingual.js`` shows one (:func:`bilingual`): names of choices,
  captions, attributes of HTML, texts of SVG, pop-up messages.
"""

from __future__ import annotations

import html
from typing import NamedTuple

import gradio as gr
from gradio.i18n import I18nData

LOCALES_ZH = ("zh", "zh-CN", "zh-TW", "zh-HK")
_strings: dict[str, tuple[str, str]] = {}


class Text(NamedTuple):
    """One sentence in both languages."""

    en: str
    zh: str


def t(en: str, zh: str) -> I18nData:
    """A label that follows the language; both texts are registered for :func:`translations`."""
    key = f"aigc.{en}" if _strings.get(f"aigc.{en}", (en, zh)) == (en, zh) else f"aigc.{en}|{zh}"
    _strings[key] = (en, zh)
    return _marker(key)


_marker = gr.I18n(en={})


def translations() -> gr.I18n:
    """All labels asked for so far; give it to ``launch(i18n=…)`` after the tabs are built."""
    en = {key: value[0] for key, value in _strings.items()}
    zh = {key: value[1] for key, value in _strings.items()}
    return gr.I18n(en=en, **dict.fromkeys(LOCALES_ZH, zh))


def both(en: str, zh: str) -> str:
    """Inline HTML (already escaped by the caller) that shows one of the two."""
    return f'<span class="t-en" lang="en">{en}</span><span class="t-zh" lang="zh-CN">{zh}</span>'


def both_text(en: str, zh: str) -> str:
    """Like :func:`both`, for plain text: escapes it."""
    return both(html.escape(en), html.escape(zh))


def bilingual(en: str, zh: str) -> str:
    """Plain text that holds both languages, between characters of Unicode's private use; the page shows one of them."""
    return en if en == zh else f"\ue000{en}\ue001{zh}\ue002"


def markdown(en: str, zh: str) -> None:
    """Two Markdown blocks with KaTeX (``$…$``, ``$$…$$``), one of them shown."""
    delimiters: list[dict[str, str | bool]] = [
        {"left": "$$", "right": "$$", "display": True},
        {"left": "$", "right": "$", "display": False},
    ]
    gr.Markdown(en, latex_delimiters=delimiters, elem_classes=["t-en"])
    gr.Markdown(zh, latex_delimiters=delimiters, elem_classes=["t-zh"])
