"""Characters before words: one spelling for each, and nothing that has no sound."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from aigc_core.nlp.text_normalization.scan import is_han

_WIDE = "…，。！？：；（）"
_KEPT = frozenset(
    " \n.,;:!?—…\"“”()'-/%$£€¥&+=#@°*_<>[]{}«»、。，：；！？《》「」【】（）·~×÷^|\\`₹₩₽฿₫₺₴₦₱₪¢±≤≥≠≈√∞‰№§′″→←"
)
_ALIKE = {
    "‘": "'", "’": "'", "ʼ": "'", "‛": "'", "„": "“", "‟": "“", "–": "-", "‐": "-", "‑": "-", "‒": "-", "−": "-",
    "﹣": "-", "⁄": "/", "∕": "/", "∗": "*", "⋅": "·", "∙": "·", "․": ".", "〜": "~", "∼": "~", "\u02cb": "`", "≦": "≤", "≧": "≥",
    "⩽": "≤", "⩾": "≥", "µ": "μ", "Ω": "Ω", "Å": "Å", "′": "'", "″": '"', "º": "°", "˚": "°", "﹪": "%", "∶": ":",
    "⇒": "→", "➔": "→", "➜": "→", "⟶": "→", "﹩": "$", "〈": "《", "〉": "》", "『": "「", "』": "」", "〔": "（", "〕": "）",
    "\u2028": "\n", "\u2029": "\n", "━": "—", "─": "—", "―": "—", "﹏": "_",
}  # fmt: skip
_GREEK = frozenset("αβγδεζηθλμνξπρστφχψωΓΔΘΛΞΠΣΦΨΩ")
_SUPER = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_SELECTORS = frozenset("\ufe0e\ufe0f\u200d")  # parts of an emoji
_SUPERSCRIPT = re.compile(rf"[⁺⁻]?[{_SUPER}]+")
_FRACTION = re.compile(r"(\d?)([¼-¾⅐-⅞↉])")
_MARKS = {"™", "®", "©", "℠", "№", "…"}  # not to become letters
_SEPARATORS = frozenset("\x1c\x1d\x1e\x1f")  # control characters that Python counts as space
_UNPRONOUNCED = frozenset("*_<>|\\^`~#→←§")


def clean(text: str) -> tuple[str, str]:
    """Bring spellings of one character together and put a space where a character without a sound stood.

    Returns:
        The text, with Latin letters, Chinese characters, digits, punctuation and signs only, and the characters that
        were left out, each once.
    """
    text = unicodedata.normalize("NFC", text)
    text = _FRACTION.sub(lambda m: f"{m[1]}{' ' * bool(m[1])}{unicodedata.normalize('NFKC', m[2])}", text)
    text = _SUPERSCRIPT.sub(lambda m: "^" + unicodedata.normalize("NFKC", m[0]), text)
    text = "".join(_spelled(c, text[i - 1 : i]) for i, c in enumerate(text))
    text = re.sub(r"(?<=\d)：(?=\d)", ":", text)
    text = text.replace("⁄", "/").replace("−", "-").replace("——", "—").replace("……", "…")
    kept: list[str] = []
    dropped: dict[str, None] = {}
    for i, char in enumerate(text):
        if _said(char, text[i - 1 : i], text[i + 1 : i + 2]):
            kept.append(char)
        elif char.isspace() and char not in _SEPARATORS:
            kept.append("" if text[i : i + 2] == "\r\n" else "\n" if char == "\r" else " ")
        elif char == "\u00ad":  # a soft hyphen stands inside a word
            continue
        elif char in _SELECTORS and i and unicodedata.category(text[i - 1]) in ("So", "Sk", "Mn", "Sm", "Po"):
            kept.append(" ")
        else:
            dropped[char] = None
            if not unicodedata.combining(char):
                kept.append(" ")
    return "".join(kept), "".join(dropped)


def _said(char: str, before: str, after: str) -> bool:
    if char in _GREEK:
        return not _greek(before) and not _greek(after)  # a symbol, not a letter of a Greek word
    return char in _KEPT or is_han(char) or (char.isascii() and char.isalnum()) or _is_latin(char)


def _spelled(char: str, before: str) -> str:
    """One character in its plain spelling: ① is 1, but not the end of a number that stands before it."""
    if char in _WIDE or char in _MARKS:
        return char
    plain = _ALIKE.get(char) or unicodedata.normalize("NFKC", char)
    apart = plain != char and before.isalnum() and unicodedata.category(char) in ("No", "Nl")
    return f" {plain}" if apart and plain[0].isdigit() == before.isnumeric() else plain


def leftover(text: str) -> str:
    """The signs of a written-out text that nobody says, each once."""
    return "".join(dict.fromkeys(c for c in text if c in _UNPRONOUNCED))


def without_leftover(text: str) -> str:
    """Written-out text without the signs that :func:`leftover` names, a space in place of each."""
    spaced = "".join(" " if c in _UNPRONOUNCED else c for c in text)
    return re.sub(r"(?<! ) {2,}", " ", spaced).strip()


def listed(dropped: str, most: int = 40) -> str:
    """Characters left out as a line for people: those that cannot be shown as their code points."""
    shown = ""
    for char in dropped[:most]:
        plain = char.isprintable() and not char.isspace() and not unicodedata.combining(char)
        shown += char if plain else f" U+{ord(char):04X} "
    return " ".join(shown.split()) + (" …" if len(dropped) > most else "")


@cache
def _is_latin(char: str) -> bool:
    return char.isalpha() and unicodedata.name(char, "").startswith("LATIN")


def _greek(char: str) -> bool:
    return "Ͱ" <= char <= "Ͽ" if char else False
