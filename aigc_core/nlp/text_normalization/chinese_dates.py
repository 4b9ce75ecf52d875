"""Chinese dates and times of day."""

from __future__ import annotations

import re

from aigc_core.nlp.text_normalization.chinese_numbers import cardinal, digits
from aigc_core.nlp.text_normalization.chinese_tables import MEASURES, SCORE, SCORE_AFTER
from aigc_core.nlp.text_normalization.scan import Rule

_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_TO = r" ?[-~至到] ?"


def date(year: str | None, month: int, day: int | None, mark: str = "日") -> str | None:
    """二零二四年五月一日; None for a day that no calendar has."""
    if not 1 <= month <= 12 or (day is not None and not 1 <= day <= _DAYS[month - 1]):
        return None
    return (f"{digits(year)}年" if year else "") + f"{cardinal(month)}月" + (f"{cardinal(day)}{mark}" if day else "")


def clock(hour: int, minute: int, second: int | None = None) -> str | None:
    """三点半, 十点零五分, 十七点三十分."""
    if hour > 24 or minute > 59 or (second or 0) > 59:
        return None
    words = cardinal(hour, True) + "点"
    if second is not None:
        return words + _two(minute) + "分" + _two(second) + "秒"
    if minute == 30 and hour < 13:
        return words + "半"
    return words + (_two(minute) + "分" if minute else "")


def _two(n: int) -> str:
    return ("零" if 0 < n < 10 else "") + cardinal(n)


def _iso(m: re.Match[str]) -> str | None:
    day = date(m["y"], int(m["m"]), int(m["d"]))
    if day is None or m["H"] is None:
        return day
    time = clock(int(m["H"]), int(m["M"]), int(m["S"]) if m["S"] and int(m["S"]) else None)
    return None if time is None else day + time + _zone(m["zone"])


def _zone(zone: str | None) -> str:
    if not zone:
        return ""
    if zone[0] not in "+-" or zone[1:3] == "00":
        return "，世界时"
    half = "半" if zone[-2:] == "30" else ""
    return f"，{'东' if zone[0] == '+' else '西'}{cardinal(int(zone[1:3]))}{half}区"


def _slashed(m: re.Match[str]) -> str | None:
    """Month first, unless only the other order is a date."""
    return date(m[4], int(m[1]), int(m[3])) or date(m[4], int(m[3]), int(m[1]))


def _written(m: re.Match[str]) -> str | None:
    """2024年5月1日, 5月1-3日, 2024年5月."""
    year = m["y"]
    day = int(m["d"]) if m["d"] else None
    mark = m["first"] or m["mark2"] or m["mark"] or "日"
    words = date(None, int(m["m"]), day, (m["first"] or "") if m["last"] else mark)
    if words is None or (year and len(year) == 3):
        return None
    if m["last"]:
        words += f"到{cardinal(int(m['last']))}{m['mark']}"
    return (digits(year) + "年" if year else "") + words


def _year(m: re.Match[str]) -> str | None:
    year, after = m["y"], m.string[m.end() : m.end() + 6]
    if m["era"]:
        return f"{m['era']}{digits(year)}年" if len(year) > 2 else f"{m['era']}{cardinal(int(year))}年"
    if len(year) == 4:
        span = year.endswith("00") and re.match(r"(?:的?历史|前|后|来|间|以前|之前|之后|的?时间|老)", after)
        return None if span or year[0] == "0" else digits(year) + "年"
    old = re.search(r"(?:[一两几]|花了|用了|近|约|过去|了)$", m.string[max(0, m.start() - 3) : m.start()])
    if year[0] == "0" or (int(year) > 79 and int(year) % 10 and not old) or re.match(r"\d{1,2}月", after):
        return digits(year) + "年"
    return None


def _years(m: re.Match[str]) -> str | None:
    if int(m[1]) >= int(m[2]) and len(m[2]) == 4:
        return None
    if not m[3] and (re.match(MEASURES, m.string[m.end() : m.end() + 6]) or int(m[1]) % 100 == int(m[2]) % 100 == 0):
        return None
    return f"{digits(m[1])}到{digits(m[2])}{m[3] or ''}"


def _decade(m: re.Match[str]) -> str:
    return (digits(m[1] + m[2]) if m[1] else cardinal(int(m[2])) if int(m[2]) else "零零") + "年代"


def is_ratio(m: re.Match[str]) -> bool:
    """True if the words around 21:19 say that it is a score or a ratio."""
    before = m.string[max(0, m.start() - 12) : m.start()]
    return bool(re.search(SCORE, before) or re.match(SCORE_AFTER, m.string[m.end() : m.end() + 8]))


def _time(m: re.Match[str]) -> str | None:
    if is_ratio(m):
        return None
    hour = int(m["H"])
    words = clock(hour, int(m["M"]), int(m["S"]) if m["S"] else None)
    if words is None:
        return None
    half = (m["half"] or "").lower()
    if half:
        words = (
            "上午" if half[0] == "a" else "下午" if hour < 6 or hour == 12 else "晚上" if hour > 6 else "傍晚"
        ) + words
    return words


def _hour(m: re.Match[str]) -> str:
    hour = int(m["H"])
    part = "上午" if m["half"].lower() == "a" else "下午" if hour < 6 or hour == 12 else "晚上" if hour > 6 else "傍晚"
    return f"{part}{cardinal(hour, True)}点"


def _span(m: re.Match[str]) -> str | None:
    first, last = clock(int(m[1]), int(m[2])), clock(int(m[3]), int(m[4]))
    return None if first is None or last is None else f"{first}到{last}"


_HALF = r"(?P<half>[AaPp])\.?[Mm](?![A-Za-z])\.?"
RULES = [
    Rule(r"\d", r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})(?:[T ](?P<H>\d{2}):?(?P<M>\d{2})(?::?(?P<S>\d{2})(?:[.,]\d{1,9})?)? ?(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?(?!\d)", _iso),
    Rule(r"\d", r"(?P<y>[12]\d{3})([/.-])(?P<m>\d{1,2})\2(?P<d>\d{1,2})(?![\d]|[./-]\d)", lambda m: date(m["y"], int(m["m"]), int(m["d"]))),
    Rule(r"\d", r"(?<![\d./-])(\d{1,2})([/.-])(\d{1,2})\2([12]\d{3})(?![\d]|[./-]\d)", _slashed),
    Rule(r"\d", r"(?P<y>[12]\d{3})[-/](?P<m>0[1-9]|1[0-2])(?![\d]|[./-]\d)", lambda m: date(m["y"], int(m["m"]), None)),
    Rule(r"\d", rf"(?:(?P<y>\d{{2}}|\d{{4}}) ?年 ?)?(?P<m>\d{{1,2}}) ?月 ?(?:(?P<d>\d{{1,2}})(?P<first>[日号])?(?:{_TO}(?P<last>\d{{1,2}}))? ?(?(last)(?P<mark>[日号])|(?(first)|(?P<mark2>[日号]))))(?!线)", _written),
    Rule(r"\d", r"(?:(?P<y>\d{2}|\d{4}) ?年 ?)(?P<m>\d{1,2}) ?月(?P<d>)(?P<last>)(?P<mark>)(?P<first>)(?P<mark2>)", _written),
    Rule(r"\d", r"(1\d|20)?(\d0)年代", _decade),
    Rule("公前\\d", r"(?P<era>公元前?|前)?(?<!\d)(?P<y>\d{2}|\d{4})年(?!级|代)|(?P<e2>)(?!)", _year),
    Rule("公", r"(?P<era>公元前?)(?P<y>\d{1,4})年", _year),
    Rule(r"\d", rf"(?<![\d.,/-])(1\d{{3}}|20\d\d)年?{_TO}(1\d{{3}}|20\d\d|\d\d(?=年|学年|赛季|财年))(学年|年度|财年|赛季|年)?(?!\d|[.,%:-]\d)", _years),
    Rule(r"\d", r"(?<![\d:.])(\d{1,2}):([0-5]\d) ?[-~至到] ?(\d{1,2}):([0-5]\d)(?![\d:])", _span),
    Rule(r"\d", rf"(?<![\d:.])(?P<H>\d{{1,2}}):(?P<M>[0-5]\d)(?::(?P<S>[0-5]\d))?(?![\d:])(?: ?{_HALF})?", _time),
    Rule(r"\d", rf"(?<![\d:.])(?P<H>\d{{1,2}}) ?{_HALF}", _hour),
    Rule(r"\d", r"(\d{1,2})([点时])(\d{1,2})分(?!之)", lambda m: f"{cardinal(int(m[1]), m[2] == '点')}{m[2]}{_two(int(m[3])) if len(m[3]) > 1 else cardinal(int(m[3]))}分"),
    Rule(r"\d", r"(\d{1,2})·(\d{1,2})(?!\d)", lambda m: digits(m[1] + m[2])),
]  # fmt: skip
