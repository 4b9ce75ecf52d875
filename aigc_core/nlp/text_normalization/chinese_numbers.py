"""Chinese number words."""

from __future__ import annotations

DIGITS = "零一二三四五六七八九"


def digits(text: str, one: str = "一") -> str:
    """Digit by digit: ``2024`` → 二零二四; ``one`` is 幺 in telephone numbers."""
    return "".join(one if d == "1" else DIGITS[int(d)] for d in text if d.isdigit())


def cardinal(n: int, measure: bool = False) -> str:
    """``120000`` → 十二万; 两 leads 千, 万 and 亿 (两千, 两万, but 二百, 一万二千).

    Args:
        measure: A measure word follows: 2 is 两.
    """
    if n == 2 and measure:
        return "两"
    if n >= 10**16:
        return digits(str(n))
    if n >= 10**8:
        words = _joined(n, 10**8, "亿")
    elif n >= 10**4:
        words = _joined(n, 10**4, "万")
    else:
        words = _section(n) or "零"
    if words.startswith("一十"):
        words = words[1:]
    return "两千" + words[2:] if words.startswith("二千") else words


def _joined(n: int, scale: int, name: str) -> str:
    head, rest = divmod(n, scale)
    if not rest:
        return ("两" if head == 2 else cardinal(head)) + name
    low = cardinal(rest) if rest >= 10**4 else _section(rest)
    low = "二" + low[1:] if low.startswith("两") else "一" + low if low.startswith("十") else low
    return ("两" if head == 2 else cardinal(head)) + name + ("零" if rest < scale // 10 else "") + low


def _section(n: int) -> str:
    """A number below ten thousand."""
    words, gap = "", False
    for scale, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, n = divmod(n, scale)
        if digit:
            words += ("零" if gap and words else "") + DIGITS[digit] + name
            gap = False
        else:
            gap = True
    return words


def number(text: str, measure: bool = False) -> str:
    """A number as written: ``1,200`` → 一千二百, ``3.50`` → 三点五零, ``.5`` → 零点五, ``007`` → 零零七."""
    whole, _, fraction = text.replace(",", "").partition(".")
    if (len(whole) > 1 and whole.startswith("0")) or len(whole) > 16:
        words = digits(whole)
    else:
        words = cardinal(int(whole or 0), measure and not fraction)
    return f"{words}点{digits(fraction)}" if fraction else words


def signed(text: str, measure: bool = False, minus: str = "负") -> str:
    """A number with its sign."""
    sign = {"-": minus, "+": "正", "±": "正负"}.get(text[:1], "")
    return sign + number(text[1:] if sign else text, measure)
