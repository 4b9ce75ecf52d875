"""Chinese text in words."""

from __future__ import annotations

import re
from functools import cache

from aigc_core.nlp.text_normalization import addresses, chinese_dates, units
from aigc_core.nlp.text_normalization.chinese_numbers import cardinal, digits, number
from aigc_core.nlp.text_normalization.chinese_tables import (  # fmt: skip
    AS_DIGITS,
    CURRENCIES,
    DIALLED,
    EMERGENCY_AFTER,
    ENTITY,
    GREEK,
    MEASURES,
    NOT_MEASURED,
    ROMAN_AFTER,
    SCALE_SUFFIX,
    SERVICE,
)
from aigc_core.nlp.text_normalization.english_numbers import roman
from aigc_core.nlp.text_normalization.scan import Rule, Rules, always

_HAN = "㐀-鿿"
N = r"(?:\d{1,3}(?:,\d{3}){1,6}(?!\d)(?:\.\d{1,40})?|\d{1,16}(?:\.\d{1,40})?(?!\d)|(?<![\w.])\.\d{1,40})"
SIGN = r"(?<![\w)%.℃°])(?P<sign>[-+±] ?)?"
_TO = r" ?[-~] ?"
_SYMBOLS = "|".join(sorted(map(re.escape, CURRENCIES), key=len, reverse=True))
_AFTER_CODES = "|".join(sorted((re.escape(c) for c in CURRENCIES), key=len, reverse=True))
_SCALE = r"(?: ?(?P<scale>百万|千万|万亿|[百千万亿])|(?P<suffix> ?(?:million|billion|trillion|thousand)|[kKmMbBTwW]|[bm]n)(?![A-Za-z]))?"
_SIGNS = {"-": "负", "+": "正", "±": "正负"}


def write_out(text: str) -> str:
    """``2023年花了3.5元`` → ``二零二三年花了三点五元``; punctuation stays as it was."""
    text = re.sub(rf"(?<=\d) (?=[{_HAN}])|(?<=[{_HAN}]) (?=\d{{1,20}} ?[{_HAN}])", "", text).replace("〇", "零")
    text = _rules().rewrite(text)
    return re.sub(r"(?<! ) {2,}", " ", text).strip()


def _sign(m: re.Match[str]) -> str:
    return _SIGNS.get((m["sign"] or "").strip(), "")


def _measured(m: re.Match[str], end: int | None = None) -> bool:
    """True if a measure word follows the number, so that 2 is read 两."""
    end = m.end() if end is None else end
    after = m.string[end : end + 8].lstrip(" ")
    if re.search(ENTITY, m.string[max(0, m.start() - 4) : m.start()]):
        return False
    return not re.match(NOT_MEASURED, after) and re.match(rf"{MEASURES}|多?(?:{MEASURES})", after) is not None


def _counted(m: re.Match[str]) -> str:
    return _sign(m) + number(m["n"], _measured(m))


def _range(m: re.Match[str]) -> str | None:
    """``3-5年级``, ``100~200人``, ``5-10%``, ``20-25℃``: both ends, then what they share."""
    if _is_sum(m.string, m.end("a"), m.start("n")):
        return None
    a, b = m["a"], m["n"]
    if m["mark"]:
        per = "百分之" if m["mark"] == "%" else "千分之"
        return f"{per}{number(a)}到{per}{number(b)}"
    if m["degrees"]:
        return f"{number(a)}到{number(b)}{_scale_of_degrees(m['degrees'])}"
    if m["unit"]:
        return f"{number(a, True)}到{number(b, True)}{units.chinese(m['unit'])}"
    if chinese_dates.is_ratio(m):
        return f"{number(a)}比{number(b)}"
    return f"{number(a, _measured(m))}到{number(b, _measured(m))}"


def _percent(m: re.Match[str]) -> str:
    if m["n"] == "100" and m["mark"] == "%":
        return _sign(m) + "百分之百"
    return _sign(m) + ("百分之" if m["mark"] == "%" else "千分之") + number(m["n"])


def _scale_of_degrees(mark: str) -> str:
    return "华氏度" if "F" in mark else "度"


def _degrees(m: re.Match[str]) -> str:
    below = "零下" if (m["sign"] or "").strip() == "-" else _sign(m)
    if not re.search("[CF℃]", m["degrees"]):
        below = _sign(m)
    return below + number(m["n"]) + _scale_of_degrees(m["degrees"])


def _amount(m: re.Match[str]) -> str:
    """The number of a sum of money, its suffix worked in: 1.5M → 一百五十万."""
    text = m["n"].replace(",", "")
    if m["scale"]:
        return number(text, m["scale"][0] in "千万亿") + m["scale"]
    if not m["suffix"]:
        return number(text, True)
    whole, _, fraction = text.partition(".")
    power = SCALE_SUFFIX[m["suffix"].strip()]
    if len(fraction) > power:
        return number(text)
    n = int((whole + fraction.ljust(power, "0")) or 0)
    if n >= 10**8 and n % 10**6 == 0 and n % 10**8:
        return number(f"{n / 10**8:.2f}".rstrip("0")) + "亿"
    return cardinal(n, True)


def _money(m: re.Match[str]) -> str:
    per = f"每{units.table()[m['per']].zh}" if m["per"] in units.table() else f"每{m['per']}" if m["per"] else ""
    span = f"{number(m['a'], True)}到" if "a" in m.groupdict() and m["a"] else ""
    return _sign(m) + span + _amount(m) + CURRENCIES[m["symbol"]] + per


def _measure(m: re.Match[str]) -> str:
    per = re.search(r"/(\d+)", m["unit"])
    return _sign(m) + number(m["n"], True) + units.chinese(m["unit"], number(per[1]) if per else "")


def _fraction(m: re.Match[str]) -> str | None:
    after = m.string[m.end() : m.end() + 2]
    if re.match(" ?=", after):
        return f"{number(m['top'])}除以{number(m['bottom'])}"
    words = f"{number(m['bottom'])}分之{number(m['top'])}"
    return (f"{number(m['whole'])}又" if m["whole"] else _sign(m)) + words + _unit_after(m)


def _unit_after(m: re.Match[str]) -> str:
    return units.chinese(m["unit"]) if m["unit"] else ""


def _ratio(m: re.Match[str]) -> str:
    return "比".join(number(part) for part in re.split(r" ?[:∶] ?", m[0]))


def _phone(m: re.Match[str]) -> str:
    plus = "加" if m[0].startswith("+") else ""
    return plus + "，".join(digits(part, "幺") for part in re.findall(r"\d{1,20}", m[0]))


def _dialled(m: re.Match[str]) -> str | None:
    before = m.string[max(0, m.start() - 40) : m.start()]
    after = m.string[m.end() : m.end() + 6]
    if re.match(rf" ?(?:{MEASURES})(?!电话|客服)", after) and not re.match(EMERGENCY_AFTER, after):
        return None
    if re.search(DIALLED, before) or (m[0] in ("110", "119", "120", "122") and re.match(EMERGENCY_AFTER, after)):
        return _phone(m)
    return _phone(m) if re.fullmatch(SERVICE, m[0]) and not re.match(r" ?[万亿元]", after) else None


def _coded(m: re.Match[str]) -> str | None:
    return digits(m[0]) if re.search(AS_DIGITS, m.string[max(0, m.start() - 16) : m.start()]) else None


def _whole(m: re.Match[str]) -> str | None:
    """A bare whole number: a year, an identity number digit by digit, or an amount."""
    text = m[0]
    after = m.string[m.end() : m.end() + 6]
    if (
        len(text) == 4
        and text[:2] in ("19", "20")
        and text[1:] != "000"
        and not re.match(rf" ?(?:{MEASURES}|[亿万千多余]|[/×*^+-])", after)
    ):
        return digits(text)
    if len(text) > 8 and not text.endswith("0000") and not re.match(rf" ?(?:{MEASURES}|[多余])", after):
        return digits(text)
    return None


def _attached(m: re.Match[str]) -> str | None:
    """``A305``, ``MH370``, ``B12``, ``GPT-4``: long numbers digit by digit, short ones as numbers."""
    if re.match(r"\.\d|,\d{3}|:\d|%|\^", m.string[m.end() : m.end() + 4]):
        return None
    if "." in m[2]:
        first, *rest = m[2].split(".")
        return m[1] + number(first) + "".join("点" + digits(part) for part in rest)
    one = "幺" if re.match(r"次|航班|号?列车", m.string[m.end() : m.end() + 3]) else "一"
    return m[1] + (" " if m[1].isdigit() else "") + (digits(m[2], one) if len(m[2]) > 2 else number(m[2]))


def _version(m: re.Match[str]) -> str:
    first, *rest = m["n"].split(".")
    return ("版本" if m["v"] else "") + number(first) + "".join("点" + digits(p) for p in rest)


def _ip(m: re.Match[str]) -> str | None:
    if any(int(part) > 255 for part in m[1].split(".")):
        return None
    words = "点".join(digits(part) for part in m[1].split("."))
    return words + (f"斜杠{number(m[2])}" if m[2] else f"冒号{digits(m[3])}" if m[3] else "")


def _power(base: str, exponent: str) -> str:
    plain = exponent.lstrip("+-")
    words = number(plain) if plain.isdigit() else plain
    if exponent in ("2", "3") and not base[-1:].isdigit() and base.isascii():
        return f"{base}的{'平方' if exponent == '2' else '立方'}"
    return f"{base}的{'负' if exponent.startswith('-') else ''}{words}次方"


def _roman(m: re.Match[str]) -> str | None:
    value = roman(m[1])
    return None if value is None else cardinal(value)


def _address(m: re.Match[str]) -> str:
    words, rest = addresses.spell(m[0], digits, chinese=True)
    return words + rest


def _is_sum(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - 24) : start], text[end : end + 40]
    return bool(
        re.match(r"[\w.\s()+*/×÷^√-]{0,30}[=≈]|[\d.]{1,12} ?[+*×÷]|[\d.]{1,12} ?(?:等于|是多少|得)", after)
        or re.search(r"[=≈+*×÷√] ?[\d.]{1,12}$|[=≈][^，。]{0,16}[\d)]$|(?:计算|求) ?[\d.]{1,12}$", before)
    )


def _hyphen(m: re.Match[str]) -> str | None:
    before = m.string[max(0, m.start() - 24) : m.start()]
    after = m.string[m.end() : m.end() + 1]
    if before and re.search(r"[\w)]$", before) and _is_sum(m.string, m.start(), m.end()):
        return "减"
    if re.search(r"[\d%℃°A-Za-z]$", before):
        return ("到" if after[:1].isdigit() or after in "$€£¥." else None) if re.search(r"[\d%℃°]$", before) else " "
    if before and is_han_end(before):
        if re.match(rf"[{_HAN}]", after):
            return "至"
        unit = re.search(rf"\d ?(?:{MEASURES}|[年月日号时楼层级])$", before)
        return "到" if unit else "负" if after.isdigit() else " "
    return "负" if (after.isdigit() or after in "$€£¥.") and not m[0].endswith(" ") else None


def _to(m: re.Match[str]) -> str | None:
    """``1月-3月``, ``25岁-30岁``: from one amount to another."""
    before = m.string[max(0, m.start() - 16) : m.start()]
    if _is_sum(m.string, m.start(), m.end()):
        return None
    return "到" if re.search(rf"\d ?(?:{MEASURES}|[年月日号时楼层级])$", before) else None


def is_han_end(text: str) -> bool:
    """True if the last character is Chinese."""
    return re.search(rf"[{_HAN}]$", text) is not None


def _comparison(m: re.Match[str]) -> str | None:
    left = m.string[max(0, m.start() - 1) : m.start()]
    if not left or not (left.isalnum() or left in "%)"):
        return None
    sign = m[0].strip()
    return ("小于" if sign[0] == "<" else "大于") + ("等于" if sign.endswith("=") else "")


def _slash(m: re.Match[str]) -> str | None:
    """Between single characters 或 (男/女), after a unit 每 (元/斤), otherwise a pause."""
    before, after = m.string[max(0, m.start() - 3) : m.start()], m.string[m.end() : m.end() + 3]
    if re.search(r"(?:元|公里|米|吨|克|次|美元|块|人|升|字|毫克|立方米|度|兆|斤)$", before) and re.match(r"(?:斤|个|人|月|年|天|小时|秒|分钟?|公斤|千克|吨|升|平方?米?|次|件|台|瓶|晚|间|位|张|度|毫升|立方|亩|时)", after):  # fmt: skip
        return "每"
    if re.search(rf"(?:^|[^{_HAN}])[{_HAN}]$", m.string[max(0, m.start() - 2) : m.start()]) and re.match(
        rf"[{_HAN}](?![{_HAN}])", after
    ):
        return "或"
    return "、" if is_han_end(before) or re.match(f"[{_HAN}]", after) else " "


@cache
def _rules() -> Rules:
    unit = units.pattern(False)
    end = r"(?![A-Za-z])"
    fixed = [
        ("+", r" ?\+ ?(?=[\d(A-Za-z√.])(?!\d(?:[ .()-]{0,2}\d){7,14}(?!\w))", "加"), ("+", r" ?\+{1,2}(?!\d(?:[ .()-]{0,2}\d){7,14}(?!\w))", "加"), ("=", r" ?={1,3} ?", "等于"), ("≈", r" ?≈ ?", "约等于"), ("≠", r" ?≠ ?", "不等于"),
        ("≤", r" ?≤ ?", "小于等于"), ("≥", r" ?≥ ?", "大于等于"), ("±", r" ?± ?", "正负"), ("÷", r" ?÷ ?", "除以"), ("√", r"√ ?", "根号"), ("∞", "∞", "无穷大"),
        ("→", r" ?→ ?", "到"), ("№", "№ ?", "第"), ("§", "§ ?", "第"), ("&", r" ?& ?", "和"), ("@", r" ?@ ?", "艾特"), ("%", "%", "百分号"), ("‰", "‰", "千分号"),
        ("°", "°C", "摄氏度"), ("°", "°", "度"), ("#", r"#(?= ?\d)", "第"), ("~", r"~ ?(?=\d)", "约"), ("$", r"\$", "美元"), ("£", "£", "英镑"), ("€", "€", "欧元"), ("¥", "¥", "元"),
    ]  # fmt: skip
    rules: list[Rule] = [
        Rule(r"A-Za-z\d", rf"(?:{addresses.URL})|{addresses.EMAIL}|{addresses.DOMAIN}|{addresses.FILE}", _address),
        Rule("/~.A-Z", addresses.PATH, _address),
        Rule("@", r"@[A-Za-z_][A-Za-z\d_]{0,63}", _address),
        Rule("#", rf"#([{_HAN}A-Za-z][{_HAN}A-Za-z\d_]{{0,63}})#?", lambda m: f"话题{write_out(addresses.hashtag(m[1]))}"),
        Rule("NT", r"(?:No|NO|no)\.? ?(?=\d)", lambda m: "第"),
        Rule(r"\d+", r"(?<![\d.])(?:\+\d{1,3}[ -]?)?(?<!\d)1[3-9]\d(?:\d{8}|[ -]\d{4}[ -]\d{4})(?![\d.])", _phone),
        Rule("+", r"\+\d{1,3}(?:[ .-]?\(?\d{1,5}\)?){1,6}", lambda m: _phone(m) if len(re.sub(r"\D", "", m[0])) > 7 else None),
        Rule("(", r"\(0\d{2,3}\) ?\d{3,4}-?\d{4}(?!\d)", _phone),
        Rule(r"\d", r"(?<![\d.])(?:0\d{2,3}[- ]\d{7,8}(?:-\d{1,5})?|0\d{2,3}[- ]\d{3,4}[- ]\d{4}|[48]00[- ]\d{3}[- ]?\d{4}|[48]00[- ]\d{4}[- ]\d{3}|400\d{7})(?!\d)", _phone),
        Rule(r"\d", r"(?<![\d.])\d{3}-\d{3,4}-\d{4}(?!\d)", _phone),
        Rule(r"\d", r"\d{17}[\dXx](?![\dA-Za-z])|\d{4}([ -])\d{4}\1\d{4}(?:\1\d{1,4}){0,2}(?!\d)", lambda m: "，".join(digits(p) + ("X" if p[-1] in "Xx" else "") for p in re.split("[ -]", m[0]))),
        Rule(r"\d", r"\d{3,12}(?:-\d{3,8}){0,2}(?![\d:%./]|-\d)", _dialled),
        Rule(r"\d", r"\d{3,16}(?![\d:%])", _coded),
        Rule(r"\d", r"\d{3,4}(?=室|号房|房间|教室|宿舍)", lambda m: digits(m[0])),
        *chinese_dates.RULES,
        Rule(" -~", r" ?[-~] ?(?=[\d$¥€£])", _to),
        Rule("x", r"x ?(\d{1,9})(?![\d.])", lambda m: "乘" + number(m[1]) if m.string[max(0, m.start() - 1) : m.start()].isdigit() else None),
        Rule(r"\d", r"(?<![\d.,])\d{1,3}(?: \d{3}){2,5}(?![ .,-]?\d)", lambda m: number(m[0].replace(" ", ""))),
        Rule(r"\d", r"(?:[5-9]\d|[01][05])(?=后(?!天|年|来))", lambda m: digits(m[0])),
        Rule(r"\d", r"\d{1,2}A(?=级|座|股|栋|区|班|面|类|景)", lambda m: number(m[0][:-1]) + "A"),
        Rule(r"\d", r"(?<![\d./])(\d{2,3})/(\d{2,3})(?![\d/])(?: ?mmHg)?", lambda m: f"{number(m[1])}、{number(m[2])}{'毫米汞柱' if m[0][-1] == 'g' else ''}" if "血压" in m.string[max(0, m.start() - 8) : m.start()] else None),
        Rule("IVX", rf"(?<=[{_HAN}])([IVX]{{2,5}})(?![A-Za-z\d])", _roman),
        Rule("C", r"C(?:\+\+|#)(?![\w])", lambda m: "C加加" if "+" in m[0] else "C井"),
        Rule(r"\d", r"(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(?:/(\d{1,2})|:(\d{1,5}))?(?!\d|\.\d)", _ip),
        Rule(r"\dvV", r"(?<![A-Za-z\d.])(?:(?P<v>[vV])\.? ?(?P<n>\d{1,6}(?:\.\d{1,6}){0,5})|(?P<n2>\d{1,6}(?:\.\d{1,6}){2,6}))(?![\dA-Za-z]|\.\d)", lambda m: _version(m) if m["n"] else "点".join((number if i == 0 else digits)(p) for i, p in enumerate(m["n2"].split(".")))),
        # amounts
        Rule(r"A-Z$£€¥₹₩₽฿₫₺₴₦₱₪±+\-", rf"{SIGN}(?<![A-Za-z])(?P<symbol>{_SYMBOLS}) ?(?:(?P<a>{N}){_TO})?(?P<n>{N}){_SCALE}(?P<per>)(?:/(?P<per2>[A-Za-z]{{1,4}}))?", lambda m: _money(m) + (f"每{units.table()[m['per2']].zh}" if m["per2"] in units.table() else "")),
        Rule(r"\d.±+\-", rf"{SIGN}(?P<n>{N}){_SCALE} ?(?P<symbol>{_AFTER_CODES}){end}(?P<per>)(?!\d)", _money),
        Rule(r"\d.", rf"(?<![\d.A-Za-z-])(?P<a>{N})(?:%|℃|°C)?{_TO}(?P<n>{N})(?: ?(?P<mark>[%‰])|(?P<degrees> ?°[CF]?| ?℃)| ?(?P<unit>{unit}))?(?![\d-]|\.\d)", _range),
        Rule(r"\d.±+\-", rf"{SIGN}(?P<n>{N}) ?(?P<mark>[%‰])", _percent),
        Rule(r"\d.±+\-", rf"{SIGN}(?P<n>{N}) ?(?P<degrees>°[CF]?(?![A-Za-z]))", _degrees),
        Rule(r"\d", r"(?<![\d.])(\d{1,2})' ?(\d{1,2})(?:\"|''|(?![\d']))", lambda m: f"{number(m[1], True)}{'英尺' if int(m[2]) < 12 else '分'}{number(m[2], int(m[2]) < 12)}{'英寸' if int(m[2]) < 12 else '秒'}"),
        Rule(r"\d", r"(?<![\d.])(\d{1,4})\"(?![\w])", lambda m: f"{number(m[1], True)}英寸" if m.string.count('"', max(0, m.start() - 60), m.start()) % 2 == 0 else None),
        Rule(r"\d.", rf"(?P<n>{N}) ?(?:[x×*]|·) ?10\^(?P<e>[+-]?\d{{1,4}})(?: ?(?P<unit>{unit}))?", lambda m: f"{number(m['n'])}乘{_power('十', m['e'])}" + _unit_after(m)),
        Rule(r"\d", r"(?P<n>\d{1,6}(?:\.\d{1,20})?)[eE](?P<e>[+-]?\d{1,4})(?![A-Za-z\d.])", lambda m: f"{number(m['n'])}乘{_power('十', m['e'])}"),
        Rule(r"\d", rf"(?P<n>{N})\^ ?(?P<e>[+-]?(?:\d{{1,4}}|[a-z](?![a-z])))(?: ?(?P<unit>{unit}))?", lambda m: _power(number(m["n"]), m["e"]) + _unit_after(m)),
        Rule("A-Za-z", r"(?<![A-Za-z])(?P<n>[A-Za-z]{1,3})\^ ?(?P<e>[+-]?(?:\d{1,4}|[a-z](?![a-z])))", lambda m: _power(m["n"], m["e"])),
        Rule(r"\d", r"(\d{1,6}(?:\.\d{1,4})?)(?:万|w(?![A-Za-z]))(?=[^\d]|$)", lambda m: number(m[1], True) + "万"),
        Rule(r"\d", r"[1-9]G(?![A-Za-z\d/·^])(?!内存|流量|硬盘|显存|空间)", lambda m: f"{number(m[0][0])}G"),
        Rule(r"\d", r"(\d{3,4})([pPkK])(?![A-Za-z\d])", lambda m: digits(m[1]) + m[2].upper() if m[2] in "pP" else None),
        Rule(r"\d", r"(\d{1,4}(?:\.\d{1,3})?)k(?![A-Za-z\d])", lambda m: cardinal(round(float(m[1]) * 1000))),
        Rule(r"\d.±+\-", rf"{SIGN}(?P<n>{N}) ?(?P<unit>{unit})", _measure),
        Rule(r"\d+\-", rf"(?<![A-Za-z\d./])(?P<sign>[-+])?(?:(?P<whole>\d{{1,3}}) )?(?P<top>\d{{1,6}})/(?P<bottom>\d{{1,6}})(?![\d/]|\.\d)(?: ?(?P<unit>{unit}))?", _fraction),
        Rule(r"\d", r"(?<![\d:.])\d{1,9}(?:\.\d{1,3})?(?: ?[:∶] ?\d{1,9}(?:\.\d{1,3})?){1,3}(?![\d:])", _ratio),
        Rule(r"\d", r"(\d{1,3})(米|块)(\d{1,2})(?![\d.]|[米块元分厘])", lambda m: number(m[1], True) + m[2] + digits(m[3])),
        Rule(r"\d", r"(?<![\d.,A-Za-z-])[1-9]\d{3,15}(?!\d|[.,:]\d|[A-Za-z%])", _whole),
        Rule(r"\d", r"(\d{1,6})(?:st|nd|rd|th)(?![A-Za-z])", lambda m: "第" + number(m[1])),
        Rule(r"\d.±+\-", rf"{SIGN}(?P<n>{N})", _counted),
        Rule(r"\d", r"\d{1,1000}", lambda m: digits(m[0])),
        # letters and signs
        Rule("IVX", rf"([IVX]{{1,7}})(?=(?:{ROMAN_AFTER})(?!A-Za-z))", _roman),
        Rule("A-Za-z", r"([A-Za-z]{1,20})-?(\d{1,12}(?:\.\d{1,6}){0,4})(?!\d|-\d)", _attached),
        Rule("A-Za-z", r"(?:km|m|kg|g|mg|L|mL|kWh|GB|MB|m\^3)/(?:h|s|m\^3|L|kg|min|dL)(?:\^2)?(?![A-Za-z\d])", lambda m: units.chinese(m[0])),
        Rule(" -", r" ?-{1,2} ?", _hyphen),
        Rule("~", rf"~(?=-?\d|[{_HAN}])", lambda m: "到" if re.search(rf"[\d%{_HAN}°C]$", m.string[max(0, m.start() - 1) : m.start()]) else None),
        Rule(" x×*", r" ?[x×*] ?(?=[\d(√A-Za-z.])", lambda m: "乘" if (m[0].strip() == "×" or m.string[max(0, m.start() - 1) : m.start()].isdigit()) and m.start() else None),
        Rule(" <>", r" ?[<>]=? ?(?=[\d.A-Za-z-])", _comparison),
        Rule(" /", rf" ?/ ?(?=[\w{_HAN}])", lambda m: _slash(m) if m.start() and m.string[m.start() - 1].isalnum() else None),
        *(Rule(" \\" + start if pattern[0] == " " else "\\" + start, pattern, always(words)) for start, pattern, words in fixed),
        *(Rule(letter, letter, always(name)) for letter, name in GREEK.items()),
    ]  # fmt: skip
    return Rules(rules, re.ASCII)  # a Chinese character is no part of a word here
