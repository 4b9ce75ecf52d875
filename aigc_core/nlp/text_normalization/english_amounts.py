"""English amounts: money, percentages, measures, temperatures, fractions, ratios."""

from __future__ import annotations

import re

from aigc_core.nlp.text_normalization import units
from aigc_core.nlp.text_normalization.english_dates import stop
from aigc_core.nlp.text_normalization.english_numbers import cardinal, digits, fraction, number, ordinal
from aigc_core.nlp.text_normalization.english_tables import CURRENCIES, SAME_PLURAL, SCALE_SUFFIX, UNIT_SHORT
from aigc_core.nlp.text_normalization.scan import Rule

N = r"(?:\d{1,3}(?:,\d{3}){1,6}(?![\d])(?:\.\d{1,40})?|\d{1,15}(?:\.\d{1,40})?(?!\d)|(?<![\w.])\.\d{1,40})"
SIGN = r"(?<![\w)\]%°])(?P<sign>[-+±])? ?"
_SCALES = (
    r"(?: ?(?P<scale>thousand|million|billion|trillion|hundred)\b|(?P<suffix>[kKmMbBtT]|[bm]n|Bn|MM|tn)(?![A-Za-z]))?"
)
_SIGNS = {"-": "minus ", "+": "plus ", "±": "plus or minus ", None: "", "": ""}
_SYMBOLS = "|".join(sorted(map(re.escape, CURRENCIES), key=len, reverse=True))
_CODES = "|".join(c for c in CURRENCIES if c.isalpha())
_UNIT_AFTER = rf"(?: (?P<unit>{units.pattern(True)}))?"
_ONE_THING = r"(?:-| )(?:bill|coin|note|banknote|ticket|fine|fee|deal|budget|question|prize|reward|loan|voucher|discount|donation|cheque|check|a-)"
_PER = rf"(?:/(?P<per>{'|'.join(sorted(map(re.escape, units.table()), key=len, reverse=True))})(?![A-Za-z\d]))?"


def _money(m: re.Match[str], symbol: str) -> str:
    unit, small = CURRENCIES[symbol]
    amount, scale = m["n"].replace(",", ""), m["scale"] or SCALE_SUFFIX.get(m["suffix"] or "", "")
    single = re.match(_ONE_THING, m.string[m.end() : m.end() + 14]) is not None
    many = unit if unit in SAME_PLURAL or single else unit + "s"
    whole, _, cents = amount.partition(".")
    if scale:
        words = f"{number(amount)} {scale} {many}"
    elif len(cents) != 2 or not small:
        words = f"{number(amount)} {unit if amount == '1' else many}"
    else:
        parts = (
            [f"{cardinal(int(whole))} {unit if int(whole) == 1 else many}"] if int(whole or 0) or not int(cents) else []
        )
        if int(cents):
            plural = (
                "penny"
                if small == "pence" and cents == "01"
                else small
                if cents == "01" or small in SAME_PLURAL
                else small + "s"
            )
            parts.append(f"{cardinal(int(cents))} {plural}")
        words = " and ".join(parts)
    per = f" per {units.table()[m['per']].en}" if m["per"] else ""
    return _SIGNS[m["sign"]] + words + per


def _comma_decimal(m: re.Match[str]) -> str:
    return f"{cardinal(int(m[1]))} {CURRENCIES['€'][0]}s and {cardinal(int(m[2]))} cents"


def _span_of_money(m: re.Match[str]) -> str:
    """``$5-10``, ``$1–2 million``: the currency is said once, at the end."""
    unit = CURRENCIES[m["symbol"]][0]
    scale = m["scale"] or SCALE_SUFFIX.get(m["suffix"] or "", "")
    many = unit if unit in SAME_PLURAL else unit + "s"
    return " ".join(filter(None, (number(m["a"]), "to", number(m["n"]), scale, many)))


def _measure(m: re.Match[str]) -> str:
    single = m["n"] == "1" or m["dash"] == "-"
    per = re.search(r"/(\d+)", m["unit"])
    return _SIGNS[m["sign"]] + f"{number(m['n'])} {units.english(m['unit'], single, number(per[1]) if per else '')}"


def _short_unit(m: re.Match[str]) -> str:
    name = UNIT_SHORT[m[2]]
    many = name if m[1] == "1" or name == "square" else {"foot": "feet", "inch": "inches"}.get(name, name + "s")
    return f"{number(m[1])} {many}{stop(m)}"


def _height(m: re.Match[str]) -> str:
    inches = f" {number(m[2])} inch{'' if m[2] == '1' else 'es'}" if m[2] else ""
    return f"{cardinal(int(m[1]))} {'foot' if m[1] == '1' else 'feet'}{inches}"


def _degrees(m: re.Match[str]) -> str:
    scale = {"C": " Celsius", "F": " Fahrenheit", "K": " Kelvin"}.get(m["scale"] or "", "")
    one = m["n"] == "1" and not m["sign"]
    return _SIGNS[m["sign"]] + f"{number(m['n'])} degree{'' if one else 's'}{scale}"


def _bearing(m: re.Match[str]) -> str:
    out = f"{number(m[1])} degree{'' if m[1] == '1' else 's'}"
    out += f" {number(m[2])} minute{'' if m[2] == '1' else 's'}" if m[2] else ""
    out += f" {number(m[3])} second{'' if m[3] == '1' else 's'}" if m[3] else ""
    return out + f" {({'N': 'north', 'S': 'south', 'E': 'east', 'W': 'west'}).get(m[4] or '', '')}".rstrip()


def _fraction(m: re.Match[str]) -> str | None:
    whole, top, bottom = m["whole"], int(m["top"]), int(m["bottom"])
    before = m.string[max(0, m.start() - 16) : m.start()]
    if (top, bottom) == (24, 7) and not whole:
        return "twenty four seven"
    if (top, bottom) == (9, 11) and not whole:
        return "nine eleven"
    if top == bottom == 50 and not whole:
        return "fifty fifty"
    if not whole and re.search(
        r"(?i)\b(?:scored?|rat(?:ed|ing)|got|score of|grade)\W{1,2}(?:of |a |an |is |as |at )?$", before
    ):
        return f"{cardinal(top)} out of {cardinal(bottom)}"
    if re.match(r"\s?=", m.string[m.end() : m.end() + 2]) or (re.search(r"=\s?$", before[-2:]) and top >= bottom):
        return f"{cardinal(top)} divided by {cardinal(bottom)}"
    if not bottom:
        return f"{cardinal(top)} over zero"
    if top > bottom and not whole and bottom != 2:
        return f"{cardinal(top)} over {cardinal(bottom)}"
    words = fraction(top, bottom)
    if whole:
        return f"{cardinal(int(whole))} and {'a half' if (top, bottom) == (1, 2) else words}{_unit_after(m)}"
    return _SIGNS[m["sign"]] + words + _unit_after(m, singular=True)


def _unit_after(m: re.Match[str], singular: bool = False) -> str:
    return f" {units.english(m['unit'], singular)}" if m["unit"] else ""


def _ratio(m: re.Match[str]) -> str:
    return " to ".join(number(part) for part in re.split(r" ?: ?", m[0]))


def _percent(m: re.Match[str]) -> str:
    return _SIGNS[m["sign"]] + f"{number(m['n'])} {'percent' if m['mark'] == '%' else 'per thousand'}"


def _suffixed(m: re.Match[str]) -> str:
    return _SIGNS[m["sign"]] + f"{number(m['n'])} {SCALE_SUFFIX[m['suffix']]}"


def _power(base: str, exponent: str) -> str:
    words = number(exponent.lstrip("+-")) if exponent.lstrip("+-")[:1].isdigit() else exponent.lstrip("+-")
    if exponent in ("2", "3"):
        return f"{base} {'squared' if exponent == '2' else 'cubed'}"
    return f"{base} to the power of {'minus ' if exponent.startswith('-') else ''}{words}"


_RATIO_WORD = r"(?i)\b(?:ratio|scale|odds|aspect|proportion|dilut\w{0,6}|mix\w{0,4})\b[^.;!?]{0,20}$"
RULES = [
    Rule("(", r"\((?P<a>\$)(?P<n>\d[\d,]{0,20}(?:\.\d\d)?)\)(?P<sign>)(?P<scale>)(?P<suffix>)(?P<per>)", lambda m: f"minus {_money(m, '$')}"),
    Rule("€", r"€ ?(\d{1,9}),(\d\d)(?![\d,.])", _comma_decimal),
    Rule("A-Za-z$£€¥₹₩₽฿₫₺₴₦₱₪", rf"(?<![\w$])(?P<symbol>{_SYMBOLS}) ?(?P<a>{N}) ?- ?(?P<n>{N}){_SCALES}(?![\d%])", _span_of_money),
    Rule(r"A-Za-z$£€¥₹₩₽฿₫₺₴₦₱₪±+\-", rf"{SIGN}(?<![A-Za-z])(?P<symbol>{_SYMBOLS}) ?(?P<minus>-)?(?P<n>{N}){_SCALES}{_PER}", lambda m: ("minus " if m["minus"] else "") + _money(m, m["symbol"])),
    Rule(r"\d.±+\-", rf"{SIGN}(?P<n>{N}){_SCALES} ?(?P<symbol>(?:{_CODES})(?![A-Za-z])|[€£₹₩₽฿₫₺₴₦₱₪¥]|\$(?!\d)){_PER}", lambda m: _money(m, m["symbol"])),
    Rule(r"\d", r"(\d{1,5})¢", lambda m: f"{number(m[1])} cent{'' if m[1] == '1' else 's'}"),
    Rule(r"\d.±+\-", rf"{SIGN}(?P<n>{N}) ?(?P<mark>[%‰])", _percent),
    Rule(r"\d", r"(?<![\d.,'])([1-9])' ?(\d{1,2}(?:\.\d)?)(?:\"|''|(?![\w'.]))", _height),
    Rule(r"\d", r"(?<![\d.])(\d{1,3}(?:\.\d{1,8})?)° ?(?:(\d{1,2}(?:\.\d{1,6})?)' ?)?(?:(\d{1,2}(?:\.\d{1,6})?)\" ?)?([NSEW])\b", _bearing),
    Rule(r"\d.±+\-", rf"{SIGN}(?P<n>{N}) ?° ?(?:(?P<scale>[CFK])(?![A-Za-z]))?", _degrees),
    Rule(r"\d", rf"(?P<n>{N})°?(?: ?- ?)(?=\d{{1,3}}(?:\.\d{{1,3}})? ?°)", lambda m: f"{number(m['n'])} to "),
    Rule(r"\d", r"(?<![\d.,/])(\d{1,6}(?:\.\d{1,3})?)(?: ?)(ft|in|yd|mi|lbs?|oz|hrs?|mins?|secs?|yrs?|gal|wks?|mos?|tbsp|tsp|sq)\.(?![A-Za-z\d])", _short_unit),
    Rule(r"\d.±+\-", rf"{SIGN}(?P<n>{N})(?P<dash>[ -]?)(?P<unit>{units.pattern(True)})(?<!\^)", _measure),
    Rule(r"\d", r"(?<![\d.,])(?P<n>\d{1,4}(?:\.\d{1,3})?)in(?![A-Za-z\d])", lambda m: f"{number(m['n'])} inch{'' if m['n'] == '1' else 'es'}"),
    Rule(r"\d", r"(?<![\d.,])(?P<n>\d{1,6}(?:\.\d{1,3})?)(?P<a>A)(?= (?:current|fuse|charger|socket|breaker))", lambda m: f"{number(m['n'])} amperes"),
    Rule(r"\d-", rf"(?<![\w./])(?P<sign>-)?(?:(?P<whole>\d{{1,3}})[ -])?(?P<top>\d{{1,4}})/(?P<bottom>\d{{1,4}})(?![\d/]|\.\d){_UNIT_AFTER}", _fraction),
]  # fmt: skip
PROPORTIONS = [
    Rule(r"\d", r"(?<![\d:.])\d{1,9}(?:\.\d{1,3})?(?: ?: ?\d{1,9}(?:\.\d{1,3})?){1,3}(?![\d:])", lambda m: _ratio(m) if re.search(_RATIO_WORD, m.string[max(0, m.start() - 40) : m.start()]) else None),
]  # fmt: skip
RATIOS = [Rule(r"\d", r"(?<![\d:.])\d{1,9}(?:\.\d{1,3})?(?::\d{1,9}(?:\.\d{1,3})?){1,3}(?![\d:])", _ratio)]
NUMBERS = [
    Rule(r"\d", rf"(?P<n>{N}) ?(?:[x×*]|·) ?10\^(?P<e>[+-]?\d{{1,4}}){_UNIT_AFTER}", lambda m: f"{number(m['n'])} times {_power('ten', m['e'])}{_unit_after(m)}"),
    Rule(r"\d", r"(?P<n>\d{1,6}(?:\.\d{1,20})?)[eE](?P<e>[+-]?\d{1,4})(?![\w.])", lambda m: f"{number(m['n'])} times {_power('ten', m['e'].lstrip('+'))}"),
    Rule(r"\d", rf"(?P<n>{N})\^ ?(?P<e>[+-]?(?:\d{{1,4}}|[a-z](?![a-z]))){_UNIT_AFTER}", lambda m: _power(number(m["n"]), m["e"]) + _unit_after(m)),
    Rule("A-Za-z", r"(?<![A-Za-z\d])(?P<n>[A-Za-z]{1,3})\^ ?(?P<e>[+-]?(?:\d{1,4}|[a-z](?![a-z])))", lambda m: _power(" ".join(m["n"]), m["e"])),
    Rule(r"\d", r"(?<![\d.,])(\d{1,4})(?=-?(?:1080|720)p)()", lambda m: None),
    Rule(r"\d", r"(?P<n>\d{3,4})[pP](?![A-Za-z\d])", lambda m: f"{cardinal(int(m['n'][:-2]))} {cardinal(int(m['n'][-2:]))} P"),
    Rule(r"\d", r"(?P<n>[248])(?P<k>K)(?= (?:video|TV|display|monitor|resolution|screen|television|camera|footage|movie|UHD)|[.,;)]|$)(?P<sign>)", lambda m: f"{number(m['n'])} K"),
    Rule(r"\d.+\-", rf"{SIGN}(?P<n>{N})(?P<suffix>[kKMB]|bn|mn)(?![A-Za-z\d-]| [A-Z])", _suffixed),
    Rule(r"\d", r"(\d{1,3}(?:,\d{3}){1,5}|\d{1,15})(?:st|nd|rd|th)\b", lambda m: ordinal(int(m[1].replace(",", "")))),
    Rule(r"\d", r"\d{16,}+", lambda m: digits(m[0])),
    Rule(r"\d.", N, lambda m: number(m[0])),
    Rule(r"\d", r"\d{1,15}", lambda m: number(m[0])),
]  # fmt: skip
