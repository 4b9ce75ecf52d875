"""Written text to spoken words: numbers, dates, money, abbreviations and symbols, in English and Chinese.

Rules run in order, the more specific first, each a pattern and what replaces it. Chinese numbers go through the
patterns of misaki's ``zh_normalization``; the English ones are ours.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache

_PUNCTUATION = (
    (r"[、，]", ", "), (r"。", ". "), (r"！", "! "), (r"？", "? "), (r"：", ": "), (r"；", "; "), (r"\.{3,}", "…"),
    (r"[《「【«]", " “"), (r"[》」】»]", "” "), (r"[（\[{]", " ("), (r"[）\]}]", ") "),
    (r"([,;!?])(?=[^\s”\")'.!?,])|(:)(?=[^\s\d])", r"\1\2 "),
)  # fmt: skip
Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]

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
_MONTHS = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
]  # fmt: skip
_ABBREVIATIONS = {
    "Mr": "mister", "Mrs": "missus", "Ms": "miss", "Dr": "doctor", "Prof": "professor", "St": "saint", "Jr": "junior",
    "Sr": "senior", "Gen": "general", "Capt": "captain", "Lt": "lieutenant", "vs": "versus", "etc": "et cetera",
    "approx": "approximately", "Inc": "incorporated", "Ltd": "limited", "Co": "company", "Dept": "department",
    "Fig": "figure", "fig": "figure", "No": "number", "Vol": "volume", "Mt": "mount", "est": "established",
    **{month[:3]: month for month in _MONTHS if month != "May"}, "Sept": "September",
}  # fmt: skip
_CURRENCIES = {"$": ("dollar", "cent"), "£": ("pound", "pence"), "€": ("euro", "cent"), "¥": ("yuan", "fen")}
_CURRENCIES_ZH = {"$": "美元", "£": "英镑", "€": "欧元", "¥": "元"}
_UNITS = {
    "km/h": "kilometers per hour", "mph": "miles per hour", "m squared": "square meters",
    "km squared": "square kilometers", "km": "kilometers", "cm": "centimeters",
    "mm": "millimeters", "kg": "kilograms", "mg": "milligrams", "ml": "milliliters", "kWh": "kilowatt hours",
    "kW": "kilowatts", "MHz": "megahertz", "GHz": "gigahertz", "Hz": "hertz", "kB": "kilobytes", "MB": "megabytes",
    "GB": "gigabytes", "TB": "terabytes", "ms": "milliseconds", "lb": "pounds", "ft": "feet", "dB": "decibels",
}  # fmt: skip
_UNITS_ZH = {
    "km/h": "公里每小时", "m平方": "平方米", "km平方": "平方公里", "cm平方": "平方厘米", "m立方": "立方米", "km": "公里", "cm": "厘米", "mm": "毫米", "kg": "公斤", "mg": "毫克", "ml": "毫升", "m": "米",
    "GHz": "吉赫兹", "MHz": "兆赫兹", "kHz": "千赫兹", "Hz": "赫兹", "GB": "G B", "MB": "M B", "ms": "毫秒", "dB": "分贝",
}  # fmt: skip
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_WIDE = "…，。！？：；（）"
_KEPT = set(" \n.,;:!?—…\"“”()'-/%$£€¥&+=#@°*_<>[]{}«»、。，：；！？《》「」【】（）·~×÷^|\\`")


def clean(text: str) -> tuple[str, str]:
    """Bring spellings of one character together and drop what has no sound.

    Returns:
        The text, with Latin letters, Chinese characters, digits and punctuation only, and the symbols dropped.
    """
    text = unicodedata.normalize("NFC", text).replace("²", "\ue001").replace("³", "\ue002")
    text = "".join(c if c in _WIDE else unicodedata.normalize("NFKC", c) for c in text).replace("⁄", "/")
    for old, new in (("‘", "'"), ("’", "'"), ("ʼ", "'"), ("–", "-"), ("‐", "-"), ("−", "-"), ("——", "—"), ("……", "…")):
        text = text.replace(old, new)
    chinese = bool(re.search(r"[㐀-鿿]", text))
    text = text.replace("\ue001", "平方" if chinese else " squared").replace("\ue002", "立方" if chinese else " cubed")
    kept, dropped = [], []
    for char in text.replace("\t", " ").replace("\r", ""):
        if char in _KEPT or is_han(char) or (char.isascii() and char.isalnum()) or _is_latin(char):
            kept.append(char)
        elif char.isspace():
            kept.append(" ")
        elif not unicodedata.category(char).startswith("C") and char not in "️":
            dropped.append(char)
            kept.append(" ")
    return "".join(kept), "".join(dict.fromkeys(dropped))


def is_han(char: str) -> bool:
    """Whether it is a Chinese character."""
    return "㐀" <= char <= "鿿" or char == "〇"


@cache
def _is_latin(char: str) -> bool:
    return char.isalpha() and unicodedata.name(char, "").startswith("LATIN")


# --- English ----------------------------------------------------------------------------------------------------------


def english(text: str) -> str:
    """``In 1984 it cost $3.50`` → ``In nineteen eighty four it cost three dollars and fifty cents``."""
    for pattern, replacement in _english_rules():
        text = pattern.sub(replacement, text)
    return re.sub(r" {2,}", " ", text).strip()


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
    if 2000 <= n < 2010 or n % 1000 == 0:
        return cardinal(n)
    low = "hundred" if n % 100 == 0 else f"oh {_ONES[n % 100]}" if n % 100 < 10 else cardinal(n % 100)
    return f"{cardinal(n // 100)} {low}"


def digits(text: str) -> str:
    """One word per digit."""
    return " ".join(_ONES[int(d)] for d in text if d.isdigit())


def number(text: str) -> str:
    """A decimal number as written, thousands separated by commas or not."""
    whole, _, fraction = text.replace(",", "").partition(".")
    words = digits(whole) if len(whole) > 1 and whole.startswith("0") else cardinal(int(whole))
    return f"{words} point {digits(fraction)}" if fraction else words


def _money(m: re.Match[str]) -> str:
    unit, small = _CURRENCIES[m[1]]
    amount, scale = m[2].replace(",", ""), m[3]
    if scale:
        return f"{number(amount)} {scale} {unit}s"
    whole, _, fraction = amount.partition(".")
    if fraction and len(fraction) != 2:
        return f"{number(amount)} {unit}s"
    cents = int(fraction or 0)
    parts = [f"{cardinal(int(whole))} {unit}{'' if int(whole) == 1 or unit == 'yuan' else 's'}"] if int(whole) or not cents else []  # fmt: skip
    if cents:
        parts.append(f"{cardinal(cents)} {small}{'' if cents == 1 or small in ('pence', 'fen') else 's'}")
    return " and ".join(parts)


def _clock(m: re.Match[str]) -> str:
    hour, minute, half = int(m[1]), int(m[2]), m[3]
    words = cardinal(hour)
    if minute:
        words += f" {'oh ' if minute < 10 else ''}{cardinal(minute)}"
    elif not half:
        words += " o'clock" if 1 <= hour <= 12 else " hundred"
    return words + (f" {half[0].upper()} M" if half else "")


def _date(y: str | None, month: int, day: int) -> str:
    return f"{_MONTHS[month - 1]} {ordinal(day)}" + (f", {year(int(y))}" if y else "")


def _fraction(m: re.Match[str]) -> str:
    top, bottom = int(m[1]), int(m[2])
    if bottom == 2:
        return f"{cardinal(top)} {'half' if top == 1 else 'halves'}"
    part = "quarter" if bottom == 4 else ordinal(bottom)
    return f"{cardinal(top)} {part}{'' if top == 1 else 's'}"


def _measure(m: re.Match[str]) -> str:
    words = _UNITS[m[2]]
    if m[1] == "1":
        words = "foot" if words == "feet" else re.sub(r"s(?= per|$)", "", words, count=1) if "hertz" not in words else words  # fmt: skip
    return f"{number(m[1])} {words}"


def _letters(dotted: str) -> str:
    return " ".join(dotted.upper().replace(".", " ").split())


def _address(m: re.Match[str]) -> str:
    words = re.sub(r"^(https?://)?(www\.)?", "", m[0])
    for sign, word in (("@", "at"), (".", "dot"), ("/", "slash"), ("-", "dash"), ("_", "underscore")):
        words = words.replace(sign, f" {word} ")
    return words


@cache
def _english_rules() -> tuple[Rule, ...]:
    months = "|".join([*_MONTHS, *(m[:3] for m in _MONTHS), "Sept"])
    full = {**{m[:3]: i for i, m in enumerate(_MONTHS, 1)}, "Sep": 9}
    names = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
    money = "".join(_CURRENCIES)
    half = r"(?:\s*([ap])\.?m\b\.?)"
    rules: list[tuple[str, str | Callable[[re.Match[str]], str]]] = [
        (r"\b(?:https?://|www\.)\S*[\w/]|\b[\w.]+@[\w.-]+\.\w+|\b[\w-]+\.(?:com|org|net|io|ai|cn|edu)(?:/\w*)*\b", _address),
        (r"\be\.g\.,?", "for example,"),
        (r"\bi\.e\.,?", "that is,"),
        (r"\b([ap])\.m\.", r"\1m"),
        (r"\bPh\.\s?D\b\.?", "P H D"),
        (r"\bNo\.(?=\s*\d)", "number"),
        (rf"\b({'|'.join(k for k in _ABBREVIATIONS if k != 'No')})\.(?=[\s,;:)]|$)", lambda m: _ABBREVIATIONS[m[1]]),
        (r"\b((?:[A-Za-z]\.){2,})(?=\s+[A-Z]|\s*$)", lambda m: _letters(m[1]) + ("" if m.end() < len(m.string) else ".")),
        (r"\b((?:[A-Za-z]\.){2,})", lambda m: _letters(m[1])),
        (r"\b([A-Z])\.(?=\s+[A-Z])", r"\1"),
        (r"\b(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\b", lambda m: _date(m[1], int(m[2]), int(m[3]))),
        (r"\b(1[0-2]|0?[1-9])/(3[01]|[12]\d|0?[1-9])/(\d{4})\b", lambda m: _date(m[3], int(m[1]), int(m[2]))),
        (rf"\b({months})\.? (\d{{1,2}})(?:st|nd|rd|th)?(?:,? (\d{{4}}))?\b", lambda m: _date(m[3], full[m[1][:3]], int(m[2]))),
        (rf"\b(\d{{1,2}}) ({months})\.?(?: (\d{{4}}))?\b", lambda m: _date(m[3], full[m[2][:3]], int(m[1]))),
        (rf"\b([01]?\d|2[0-3]):([0-5]\d)\b{half}?", _clock),
        (rf"\b(\d{{1,2}}){half}", lambda m: f"{cardinal(int(m[1]))} {m[2].upper()} M"),
        (rf"([{money}])\s?({_NUMBER})(?:\s?(million|billion|trillion|thousand))?", _money),
        (r"\+?\b\d{3}[- ]\d{3,4}[- ]\d{4}\b|\b\d{3}-\d{4}\b", lambda m: ", ".join(map(digits, re.split(r"[- ]", m[0])))),
        (r"(?<=\d)\s?[×x]\s?(?=\d)", " by "),
        (r"\b([1-9]\d?)/([1-9]\d?)\b", _fraction),
        (r"(?<=[A-Za-z])-(?=\d)", " "),
        (r"(?<![\w.])-(?=\d)", " minus "),
        (r"(?<=\d)\s?-\s?(?=\d)", " to "),
        (rf"\b({_NUMBER})\s?%", lambda m: f"{number(m[1])} percent"),
        (rf"\b({_NUMBER})\s?°\s?([CF])\b", lambda m: f"{number(m[1])} degrees {'Celsius' if m[2] == 'C' else 'Fahrenheit'}"),
        (rf"\b({_NUMBER})\s?({names})\b", _measure),
        (r"\b(\d+)(?:st|nd|rd|th)\b", lambda m: ordinal(int(m[1][:15]))),
        (r"\b(1[1-9]|20)(\d)0s\b", lambda m: re.sub(r"y$", "ie", year(int(m[1] + m[2] + "0"))) + "s"),
        (r"\b(19\d\d|20\d\d)\b(?![.,]?\d)", lambda m: year(int(m[1]))),
        (r"(?i)(?<=\bin )(1[1-8]\d\d)\b", lambda m: year(int(m[1]))),
        (r"(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])", " "),
        (_NUMBER, lambda m: f" {number(m[0])} "),
        (r"(?<=\w)\s*/\s*(?=\w)", " "),
        (r"&", " and "), (r"\+", " plus "), (r"=", " equals "), (r"@", " at "), (r"%", " percent "), (r"°", " degrees "),
        (r"#(?=\s?\w)", " number "), (r"~(?=\s?\w)", " about "), (r"×", " times "), (r"÷", " divided by "),
        *_PUNCTUATION, (r"\s-{1,2}\s|--", " — "),
        (r"[*_<>|\\^`~#/·]", " "), (r" +([,.;:!?…])", r"\1"),
    ]  # fmt: skip
    return tuple((re.compile(pattern), replacement) for pattern, replacement in rules)


# --- Chinese ----------------------------------------------------------------------------------------------------------


def chinese(text: str) -> str:
    """``2023年花了3.5元`` → ``二零二三年花了三点五元``; punctuation becomes the ASCII kind that the phonemes use."""
    for pattern, replacement in _chinese_rules():
        text = pattern.sub(replacement, text)
    return re.sub(r" {2,}", " ", text).strip()


@cache
def _chinese_rules() -> tuple[Rule, ...]:
    from misaki.zh_normalization import chronology, num, phonecode, quantifier

    money = "".join(_CURRENCIES_ZH)
    names = "|".join(sorted(map(re.escape, _UNITS_ZH), key=len, reverse=True))
    ours: list[tuple[str, str | Callable[[re.Match[str]], str]]] = [
        (r"\d{1,3}(?:,\d{3})+(?![\d.])", lambda m: num.verbalize_cardinal(m[0].replace(",", ""))),
        (rf"([{money}])\s?(\d+(?:\.\d+)?)([万亿]*)", lambda m: m[2] + m[3] + _CURRENCIES_ZH[m[1]]),
        (rf"(\d+(?:\.\d+)?)\s?({names})(?![A-Za-z])", lambda m: m[1] + _UNITS_ZH[m[2]]),
        (r"°C", "℃"),
        (r"(?<=\d)\s?[~～]\s?(?=\d)", "至"),
        (r"(?<=[A-Za-z])-(?=\d)", " "),
    ]
    theirs: list[tuple[re.Pattern[str], Callable[[re.Match[str]], str]]] = [
        (chronology.RE_DATE, chronology.replace_date),
        (chronology.RE_DATE2, chronology.replace_date2),
        (chronology.RE_TIME_RANGE, chronology.replace_time),
        (chronology.RE_TIME, chronology.replace_time),
        (quantifier.RE_TEMPERATURE, quantifier.replace_temperature),
        (num.RE_FRAC, num.replace_frac),
        (num.RE_PERCENTAGE, num.replace_percentage),
        (phonecode.RE_MOBILE_PHONE, phonecode.replace_mobile),
        (phonecode.RE_TELEPHONE, phonecode.replace_phone),
        (phonecode.RE_NATIONAL_UNIFORM_NUMBER, phonecode.replace_phone),
        (num.RE_RANGE, num.replace_range),
        (num.RE_INTEGER, num.replace_negative_num),
        (num.RE_DECIMAL_NUM, num.replace_number),
        (num.RE_POSITIVE_QUANTIFIERS, num.replace_positive_quantifier),
        (re.compile(r"(?<![A-Za-z\d.])[1-9]\d{0,7}(?![\d.])"), lambda m: num.verbalize_cardinal(m[0])),
        (num.RE_DEFAULT_NUM, num.replace_default_num),
        (num.RE_NUMBER, num.replace_number),
    ]
    signs: list[tuple[str, str]] = [
        *_PUNCTUATION,
        (r"(?<=[㐀-鿿])\s*-\s*(?=[㐀-鿿])", "至"), (r"%", "百分号"), (r"&", "和"), (r"\+", "加"), (r"=", "等于"),
        (r"×", "乘"), (r"÷", "除以"), (r"[*_<>|\\^`~#/·]", " "), (r" +([,.;:!?…])", r"\1"),
    ]  # fmt: skip
    return (
        *((re.compile(p), r) for p, r in ours),
        *theirs,
        *((re.compile(p), r) for p, r in signs),
    )
