"""English dates and times of day."""

from __future__ import annotations

import re

from aigc_core.nlp.text_normalization.english_numbers import cardinal, digits, ordinal, plural, year
from aigc_core.nlp.text_normalization.english_tables import MONTH_NUMBER, MONTHS
from aigc_core.nlp.text_normalization.scan import Rule

_MONTH = "|".join(sorted(MONTH_NUMBER, key=len, reverse=True))
_ZONE = r"(?: ?(?P<zone>Z(?![A-Za-z])|UTC|GMT)?(?P<offset>[+-]\d{2}:?\d{2})?)"
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def date(y: str | int | None, month: int, day: int | None) -> str | None:
    """``May first, twenty twenty four``; None for a day that no calendar has."""
    if not 1 <= month <= 12 or (day is not None and not 1 <= day <= _DAYS[month - 1]):
        return None
    if day is None:
        return f"{MONTHS[month - 1]} {year(int(y))}" if y else MONTHS[month - 1]
    return f"{MONTHS[month - 1]} {ordinal(day)}" + (f", {year(int(y))}" if y else "")


def clock(hour: int, minute: int, second: int | None = None, half: str = "") -> str | None:
    """``10:05`` → ``ten oh five``; ``17:00`` → ``seventeen hundred``."""
    if hour > 24 or minute > 59 or (second or 0) > 59 or (half and hour > 23):
        return None
    words = cardinal(hour)
    if minute:
        words += f" {'oh ' if minute < 10 else ''}{cardinal(minute)}"
    elif not half:
        words += " o'clock" if 1 <= hour <= 12 else " hundred"
    if second:
        words += f" and {cardinal(second)} second{'' if second == 1 else 's'}"
    return words + (f" {half.upper()} M" if half else "")


def _iso(m: re.Match[str]) -> str | None:
    day = date(m["y"], int(m["m"]), int(m["d"]))
    if day is None or m["H"] is None:
        return day
    time = clock(int(m["H"]), int(m["M"]), int(m["S"]) if m["S"] else None)
    return None if time is None else f"{day}, {time}{_zone(m)}"


def _zone(m: re.Match[str]) -> str:
    if not m["zone"] and not m["offset"]:
        return ""
    words = " GMT" if m["zone"] == "GMT" else " UTC"
    if m["offset"]:
        hours, minutes = int(m["offset"][1:3]), int(m["offset"][-2:])
        if hours or minutes:
            words += f" {'minus' if m['offset'][0] == '-' else 'plus'} {cardinal(hours)}"
            words += f" {cardinal(minutes)}" if minutes else ""
    return words


def _slashed(m: re.Match[str]) -> str | None:
    """Month first as in the United States, unless only the other order is a date."""
    a, b, y = int(m[1]), int(m[3]), m[4]
    full = str(2000 + int(y) if int(y) < 50 else 1900 + int(y)) if len(y) == 2 else y
    return date(full, a, b) or date(full, b, a)


def _month_day(m: re.Match[str]) -> str | None:
    month = MONTH_NUMBER[m["month"]]
    if m["last"]:
        first, last = date(None, month, int(m["day"])), date(None, month, int(m["last"]))
        if first is None or last is None:
            return None
        return f"{first} to {ordinal(int(m['last']))}" + (f", {year(int(m['y']))}" if m["y"] else "")
    return date(m["y"], month, int(m["day"]))


def _day_month(m: re.Match[str]) -> str | None:
    month = MONTH_NUMBER[m["month"]]
    if m["last"]:
        first, last = date(None, month, int(m["day"])), date(None, month, int(m["last"]))
        return None if first is None or last is None else f"{first} to {ordinal(int(m['last']))}" + (f", {year(int(m['y']))}" if m["y"] else "")  # fmt: skip
    return date(m["y"], month, int(m["day"]))


def _time(m: re.Match[str]) -> str | None:
    half = m["half"] or ""
    words = clock(int(m["H"]), int(m["M"] or 0), int(m["S"]) if m["S"] else None, half)
    if words is None:
        return None
    zone = f" {m['tz']}" if m["tz"] else ""
    return words + zone + stop(m)


def stop(m: re.Match[str]) -> str:
    """A full stop when that of the abbreviation also ends the sentence."""
    return "." if m[0].endswith(".") and re.match(r"[\"”')]{0,3}(?:$|\s+[A-Z])", m.string[m.end() : m.end() + 12]) else ""  # fmt: skip


def _hours(m: re.Match[str]) -> str | None:
    """``9-5pm``, ``9:30–11:00``: both ends of a span of hours."""
    first = clock(int(m[1]), int(m[2] or 0), None, "-" if not m[2] else "")
    if first is None or int(m[1]) > 24:
        return None
    return first.removesuffix(" - M") + " to "


def _decade(m: re.Match[str]) -> str | None:
    before = m.string[max(0, m.start() - 8) : m.start()]
    if not m[1] and not m[0].startswith("'") and not re.search(r"(?i)\b(?:the|early|late|mid|his|her|their|my|our|in|of|and|or|to|from)[ -]$", before):  # fmt: skip
        return None
    return plural(year(int((m[1] or "") + m[2])))


def _years(m: re.Match[str]) -> str | None:
    a, b = int(m[1]), int(m[2])
    before = m.string[max(0, m.start() - 10) : m.start()]
    if a >= b or (a % 100 == 0 and b % 100 == 0 and not re.search(r"(?:from|between|in|years?) $", before)):
        return None
    return f"{year(a)} to {year(b)}"


def _season(m: re.Match[str]) -> str | None:
    a, b = int(m[1]), int(m[2])
    if b != (a + 1) % 100 and not a % 100 < b:
        return None
    return f"{year(a)} to {'oh ' + cardinal(b) if b < 10 else cardinal(b)}"


def _year_after(m: re.Match[str]) -> str | None:
    before = m.string[max(0, m.start() - 12) : m.start()]
    after = m.string[m.end() : m.end() + 8]
    said = re.search(r"(?i)(?:\b(?:in|since|by|from|until|till|circa|year|around|before|after|of|to|late|early|mid-?) ?|[a-z]+, )$", before)  # fmt: skip
    era = re.match(r" ?(?:BCE?|AD|CE|B\.C|A\.D)\b", after)
    if re.match(r" (?:people|words|men|women|dollars|times|miles|years|pages|calories|items|points|votes|others|more)\b", m.string[m.end() : m.end() + 12]):  # fmt: skip
        return None
    return year(int(m[0])) if said or era else None


HALF = r"(?P<half>[AaPp])\.?[Mm]\b\.?"
_TZ = r"(?: (?P<tz>UTC|GMT|[ECMP][SD]?T|CEST|CET|BST|JST|IST|AEST)\b)?"
RULES = [
    Rule(r"\d", rf"(?P<y>\d{{4}})-(?P<m>\d{{2}})-(?P<d>\d{{2}})(?:[T ](?P<H>\d{{2}}):?(?P<M>\d{{2}})(?::?(?P<S>\d{{2}})(?:[.,]\d{{1,9}})?)?{_ZONE})?(?![\d])", _iso),
    Rule(r"\d", r"(?P<y>[12]\d{3})([/.-])(?P<m>\d{1,2})\2(?P<d>\d{1,2})(?![\d./-]\d|\d)(?P<H>)?(?P<M>)?", lambda m: date(m["y"], int(m["m"]), int(m["d"]))),
    Rule(r"\d", r"(?<![\d./-])(\d{1,2})([/.-])(\d{1,2})\2([12]\d{3})(?![\d./-]?\d)", _slashed),
    Rule(r"\d", r"(?<![\d./-])(\d{1,2})(/)(\d{1,2})\2(\d{2})(?![\d./-]?\d)", _slashed),
    Rule("A-Z", rf"(?P<month>{_MONTH})\.?,? (?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: ?- ?(?P<last>\d{{1,2}})(?:st|nd|rd|th)?)?(?:,? (?P<y>[12]\d{{3}}))?(?![\w:%]|[.,]\d)(?! ?[ap]\.?m)", _month_day),
    Rule("A-Z", rf"(?P<month>{_MONTH})\.?,? (?P<y>[12]\d{{3}})(?![\w:%]|[.,]\d)", lambda m: date(m["y"], MONTH_NUMBER[m["month"]], None)),
    Rule(r"\d", rf"(?<![\d.,/:-])(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: ?- ?(?P<last>\d{{1,2}})(?:st|nd|rd|th)?)? (?:of )?(?P<month>{_MONTH})(?![A-Za-z])\.?,?(?: (?P<y>[12]\d{{3}})(?![\w:%]|[.,]\d))?", lambda m: (words + ("," if m[0].endswith(",") else "")) if (words := _day_month(m)) else None),
    Rule(r"\d", r"(?<![\d.,/:-])(\d{1,2})(?::([0-5]\d))? ?- ?(?=\d{1,2}(?::[0-5]\d)? ?[AaPp]\.?[Mm]\b)|(?<![\d.,/:-])(\d{1,2}):([0-5]\d)(?!\d) ?- ?(?=\d{1,2}:[0-5]\d(?!\d))", lambda m: _hours(m) if m[1] else f"{words} to " if (words := clock(int(m[3]), int(m[4]))) else None),
    Rule(r"\d", rf"(?<![\d.,/:])(?P<H>\d{{1,2}})(?::(?P<M>[0-5]\d)(?::(?P<S>[0-5]\d))?)? ?{HALF}{_TZ}", _time),
    Rule(r"\d", rf"(?<![\d.,/:])(?P<H>\d{{1,2}}):(?P<M>[0-5]\d)(?::(?P<S>[0-5]\d)(?:\.\d{{1,3}})?)?(?![\d:/])(?P<half>){_TZ}", _time),
    Rule(r"'\d", r"(?<![\d.,])'?(1\d|20)?([1-9]0|(?<=\d\d)00)s\b", _decade),
    Rule("'", r"(?<!\w)'(\d\d)(?![\ds'])", lambda m: cardinal(int(m[1])) if int(m[1]) > 9 else "oh " + digits(m[1][1])),
    Rule(r"\d", r"(?<![\d.,/-])(1\d{3}|20\d\d) ?- ?(1\d{3}|20\d\d)(?![\d%]|[.,-]\d)", _years),
    Rule(r"\d", r"(?<![\d.,/-])(1\d{3}|20\d\d)[-/](\d\d)(?![\d%:/-]|[.,]\d)", _season),
]  # fmt: skip
YEARS = [
    Rule("12", r"(?<![\d.,])(?:19\d\d|20\d\d)(?![\d]|[.,:]\d)", lambda m: year(int(m[0]))),
    Rule("1", r"(?<![\d.,])1[0-8]\d\d(?![\d]|[.,:]\d)", _year_after),
    Rule(r"\d", r"(?<![\d.,])\d{3}(?= (?:BCE?|AD|CE)\b)", lambda m: year(int(m[0]))),
]  # fmt: skip
