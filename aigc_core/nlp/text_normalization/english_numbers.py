"""English number words: cardinals, ordinals, decimals, years, fractions."""

from __future__ import annotations

_ONES = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
_TENS = ["zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
_ORDINAL = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip


def cardinal(n: int) -> str:
    """``1234`` → ``one thousand two hundred thirty four``; digit by digit from 10¹⁵ on."""
    if n < 0:
        return "minus " + cardinal(-n)
    if n < 20:
        return _ONES[n]
    if n < 100:
        return _TENS[n // 10] + (f" {_ONES[n % 10]}" if n % 10 else "")
    if n >= 10**15:
        return digits(str(n))
    scale, word = next((s, w) for s, w in _SCALES if n >= s)
    return f"{cardinal(n // scale)} {word}" + (f" {cardinal(n % scale)}" if n % scale else "")


def ordinal(n: int) -> str:
    """``21`` → ``twenty first``."""
    head, _, last = cardinal(n).rpartition(" ")
    last = _ORDINAL.get(last) or (last[:-1] + "ieth" if last.endswith("y") else last.removesuffix("t") + "th")
    return f"{head} {last}".strip()


def year(n: int) -> str:
    """``1984`` → ``nineteen eighty four``, ``2005`` → ``two thousand five``, ``1900`` → ``nineteen hundred``."""
    if n < 100 or 2000 <= n < 2010 or n % 1000 == 0:
        return cardinal(n)
    low = "hundred" if n % 100 == 0 else f"oh {_ONES[n % 100]}" if n % 100 < 10 else cardinal(n % 100)
    return f"{cardinal(n // 100)} {low}"


def digits(text: str) -> str:
    """One word per digit."""
    return " ".join(_ONES[int(d)] for d in text if d.isdigit())


def number(text: str) -> str:
    """A decimal number as written, thousands separated by commas or not: ``1,200.50``, ``.5``, ``007``."""
    whole, _, fraction = text.replace(",", "").partition(".")
    if not whole:
        return f"point {digits(fraction)}"
    words = digits(whole) if (len(whole) > 1 and whole.startswith("0")) or len(whole) > 15 else cardinal(int(whole))
    return f"{words} point {digits(fraction)}" if fraction else words


def pairs(text: str) -> str:
    """The number of a model, room or road: ``747`` → ``seven forty seven``, ``305`` → ``three oh five``."""
    if len(text) in (3, 4) and not text.startswith("0") and int(text) % 100 and int(text) >= 100:
        low = int(text[-2:])
        head = int(text[:-2])
        if head % 10 == 0 and len(text) == 4 and head != 10 and head != 20:
            return number(text) if head % 100 == 0 else f"{cardinal(head)} {'oh ' if low < 10 else ''}{cardinal(low)}"
        return f"{cardinal(head)} {'oh ' if low < 10 else ''}{cardinal(low)}"
    return number(text) if len(text) < 5 else digits(text)


def fraction(top: int, bottom: int) -> str:
    """``3/4`` → ``three quarters``; over denominators without a common ordinal ``seventeen over thirty one``."""
    if bottom == 1 or (bottom > 20 and bottom % 10) or bottom > 1000 or (bottom > 100 and bottom != 1000):
        return f"{cardinal(top)} over {cardinal(bottom)}"
    if bottom == 2:
        return f"{cardinal(top)} {'half' if top == 1 else 'halves'}"
    part = "quarter" if bottom == 4 else ordinal(bottom) if bottom < 100 else f"{'hundred' if bottom == 100 else 'thousand'}th"  # fmt: skip
    return f"{cardinal(top)} {part}{'' if top == 1 else 's'}"


def plural(words: str) -> str:
    """The plural of a tens word: ``nineteen eighty`` → ``nineteen eighties``."""
    return words[:-1] + "ies" if words.endswith("y") else words + ("es" if words.endswith("x") else "s")


_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def roman(text: str) -> int | None:
    """The value of a Roman numeral in its one correct spelling, None for any other letters."""
    total = 0
    for char, after in zip(text, text[1:] + " ", strict=True):
        value = _ROMAN.get(char, 0)
        if not value:
            return None
        total += -value if value < _ROMAN.get(after, 0) else value
    return total if 0 < total < 4000 and _as_roman(total) == text else None


def _as_roman(n: int) -> str:
    marks = ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))  # fmt: skip
    out = ""
    for value, mark in marks:
        out += mark * (n // value)
        n %= value
    return out
