"""English text in words."""

from __future__ import annotations

import re
from functools import cache

from aigc_core.nlp.text_normalization import addresses, english_amounts, english_dates, units
from aigc_core.nlp.text_normalization.english_dates import stop
from aigc_core.nlp.text_normalization.english_numbers import cardinal, digits, number, ordinal, pairs, roman, year
from aigc_core.nlp.text_normalization.english_tables import (  # fmt: skip
    ABBREVIATIONS,
    AS_DIGITS,
    BEFORE_NUMBER,
    EMERGENCY,
    KINGS,
    NEVER_ROMAN,
    NUMBERED,
    TITLES,
)
from aigc_core.nlp.text_normalization.scan import Handler, Rule, Rules, always


def write_out(text: str) -> str:
    """``In 1984 it cost $3.50`` → ``In nineteen eighty four it cost three dollars and fifty cents``."""
    text = _rules().rewrite(text)
    text = re.sub(r"(?<! ) {2,}", " ", text)
    return re.sub(r"(?<! ) ([,.;:!?…)])", r"\1", text).strip()


# --- letters ----------------------------------------------------------------------------------------------------------


def _address(m: re.Match[str]) -> str:
    words, rest = addresses.spell(m[0], _address_digits)
    return words + rest


def _address_digits(text: str) -> str:
    if len(text) == 4 and text[:2] in ("19", "20"):
        return year(int(text))
    return number(text) if len(text) < 3 and not text.startswith("0") else digits(text)


def _letters(m: re.Match[str]) -> str:
    """``U.S.``, ``Ph.D.``: letters apart, and the full stop kept where it also ends the sentence."""
    ends = not re.match(r"\s*\S", m.string[m.end() : m.end() + 40])
    return " ".join(m[1].replace(".", " ").split()) + ("." if ends else "")


def _abbreviation(m: re.Match[str]) -> str:
    ends = re.match(r"[\"”')]{0,3}\s*$", m.string[m.end() : m.end() + 40]) is not None
    return ABBREVIATIONS[m[1]] + ("." if ends and m[0].endswith(".") else "")


def _saint(m: re.Match[str]) -> str:
    """Street after a name, saint before one: ``12 Main St. Louis`` keeps the street, ``in St. Louis`` the saint."""
    before = m.string[max(0, m.start() - 48) : m.start()]
    name_before = re.search(r"(?:^|\s)(?:[A-Z][a-z]{0,20}|\d{1,3}(?:st|nd|rd|th)) $", before) is not None
    name_after = re.match(r" [A-Z][a-z]", m.string[m.end() : m.end() + 4]) is not None
    numbered = re.search(r"\d[A-Z]? (?:[\w']{1,20} ){0,3}$", before) is not None
    street = numbered or (name_before and not name_after)
    ends = re.match(r"[\"”')]{0,3}\s*$", m.string[m.end() : m.end() + 40]) is not None
    return ("Street" if m[1] == "St" else "Drive") + "." * ends if street else "Saint" if m[1] == "St" else "doctor"


def _regnal(m: re.Match[str]) -> str | None:
    value = roman(m[2])
    if value is None or (
        m[2] == "I" and re.match(r" (?!of\b|and\b|was born|reigned|ruled)[a-z]", m.string[m.end() : m.end() + 12])
    ):
        return None
    return f"{m[1]} the {ordinal(value)}{m[3]}"


def _numbered(m: re.Match[str]) -> str | None:
    value = roman(m[2])
    if value is None or (m[2] == "I" and m[1] != "World War" and re.match(r" (?:am|was|have|had|will|would|can|could|do|did|think|read|wrote|like|know|saw|went|need|want)\b", m.string[m.end() : m.end() + 8])):  # fmt: skip
        return None
    return f"{m[1]} {cardinal(value)}"


def _named_roman(m: re.Match[str]) -> str | None:
    value = roman(m[2])
    return (
        f"{m[1]} {cardinal(value)}"
        if value is not None and value < 40 and len(m[2]) > 1 and m[2] not in NEVER_ROMAN
        else None
    )


def _lone_roman(m: re.Match[str]) -> str | None:
    value = roman(m[0])
    return cardinal(value) if value is not None and value < 40 and len(m[0]) > 1 and m[0] not in NEVER_ROMAN else None


def _attached(m: re.Match[str]) -> str:
    """``MP3``, ``A320``, ``COVID-19``, ``iPhone15``: letters, then the number of a model."""
    return f"{m[1]} {pairs(m[2]) if '.' not in m[2] else number(m[2])}"


# --- numbers ----------------------------------------------------------------------------------------------------------


def _groups(m: re.Match[str]) -> str:
    plus = "plus " if m[0].startswith("+") else ""
    parts = re.findall(r"\d{1,20}|[A-Z]{3,12}", m[0])
    return plus + ", ".join(digits(p) if p.isdigit() else p for p in parts)


def _in_context(words: str) -> Handler:
    def handler(m: re.Match[str]) -> str | None:
        return digits(m[0]) if re.search(words, m.string[max(0, m.start() - 40) : m.start()]) else None

    return handler


def _dialled(m: re.Match[str]) -> str | None:
    before = m.string[max(0, m.start() - 40) : m.start()]
    return _groups(m) if re.search(f"(?i:{EMERGENCY})", before) else None


def _version(m: re.Match[str]) -> str:
    parts = m["n"].split(".")
    words = " point ".join(number(p) for p in parts)
    return ("version " if m["v"] else "") + words + (f" {m['tag']} {number(m['build']) if m['build'] else ''}".rstrip() if m["tag"] else "")  # fmt: skip


def _release(m: re.Match[str]) -> str:
    low = f"oh {number(m[3][1])}" if len(m[3]) == 2 and m[3][0] == "0" else number(m[3])
    return f"{m[1]}{' ' * m[1][-1:].isalnum()}{cardinal(int(m[2]))} point {low}"


def _ip(m: re.Match[str]) -> str | None:
    if any(int(part) > 255 for part in m[1].split(".")):
        return None
    words = " dot ".join(digits(part) for part in m[1].split("."))
    return words + (f" slash {number(m[2])}" if m[2] else f" colon {digits(m[3])}" if m[3] else "")


# --- signs ------------------------------------------------------------------------------------------------------------

_NUMERIC = re.compile(rf"(?:\d|\d ?(?:[%‰°¢€£]|°[CF]|[apAP]\.?[mM]\.?|st|nd|rd|th|[kKMB]|{units.pattern(True)}))$")
_RELATION = r"[=≈≠≤≥<>]"
_TERM = r"[\w.\s()+*/×÷^√-]{0,40}"


def _is_sum(text: str, start: int, end: int) -> bool:
    """True if a hyphen is a minus sign in a calculation."""
    before, after = text[max(0, start - 40) : start], text[end : end + 40]
    return bool(
        re.match(rf"{_TERM}{_RELATION}", after)
        or re.search(rf"{_RELATION}[\d.\s()+*/×÷^√-]{{0,40}}[\w.]?$", before)
        or re.match(r"[\d.]{1,12} ?[+*×÷^]", after)
        or re.search(r"[+*×÷^√] ?[\d.]{1,12}$", before)
        or re.search(r"(?i)\b(?:calculate|compute|evaluate|what is|what's|solve|subtract) [\d.]{1,12}$", before)
    )


def _hyphen(m: re.Match[str]) -> str | None:
    text, before = m.string, m.string[max(0, m.start() - 24) : m.start()]
    spaced, sign = m[1], m[0].strip()
    if sign == "-" and before and re.search(r"[\w)]$", before) and _is_sum(text, m.start(), m.end()):
        return " minus "
    if m.string[m.end() : m.end() + 1].isalpha() and not m[3]:
        return None
    if _NUMERIC.search(before):
        return " minus " if spaced and not m[3] else " — " if sign == "--" else " to "
    if not spaced and re.search(r"[A-Za-z)\]]$", before):
        return " "
    if m[3]:
        return " — " if before.strip() and not before.endswith("\n") else ""
    return f"{spaced}minus "


def _times(m: re.Match[str]) -> str:
    """×: *times* in a calculation or with spaces around, *by* between the sides of something."""
    after = m.string[m.end() : m.end() + 40]
    before = m.string[max(0, m.start() - 24) : m.start()]
    dimension = (
        m[0].strip() in "x×" and not re.match(rf"{_TERM}[=≈]", after) and not re.search(r"=[^a-z]{0,24}$", before)
    )
    if m[0] == " × ":
        unit = re.match(rf"[\d.]{{1,12}} ?(?:{units.pattern(True)})|[\d.]{{1,12}} ?[x×]", after) or re.search(
            r"[x×] ?[\d.]{1,12}$|[a-z]$", before
        )
        dimension = dimension and unit is not None
    return " by " if dimension else " times "


def _slash(m: re.Match[str]) -> str:
    """``he/she`` → *he or she*; other pairs of words stand side by side."""
    pair = re.search(r"(?:^|\W)([a-z]{1,6})$", m.string[max(0, m.start() - 8) : m.start()])
    after = re.match(r"[a-z]{1,6}\b", m.string[m.end() : m.end() + 8])
    either = pair is not None and after is not None and f"{pair[1]}/{after[0]}" in ("he/she", "she/he", "his/her", "him/her", "her/his", "her/him", "yes/no", "his/hers", "true/false", "either/or")  # fmt: skip
    return " or " if either else ", " if " " in m[0] else " "


@cache
def _rules() -> Rules:
    fixed = [
        ("+", r" ?\+{1,2}(?=[ \d.A-Za-z(])(?!\d(?:[ .()-]{0,2}\d){7,14}(?!\w))", " plus "), ("+", r"\+{2}", " plus plus"), ("+", r"\+", " plus"), ("=", r" ?={1,3} ?", " equals "),
        ("≈", r" ?≈ ?", " approximately equals "), ("≠", r" ?≠ ?", " does not equal "),
        ("≤", r" ?≤ ?", " is less than or equal to "), ("≥", r" ?≥ ?", " is greater than or equal to "),
        ("±", r" ?± ?", " plus or minus "), ("÷", r" ?÷ ?", " divided by "), ("√", r"√ ?", " the square root of "),
        ("∞", "∞", " infinity "), ("π", "π", " pi "), ("→", r" ?→ ?", " to "), ("§", r"§{1,2} ?", " section "), ("№", "№ ?", " number "),
        ("&", r" ?& ?", " and "), ("@", r" ?@ |@", " at "), ("%", "%", " percent "), ("‰", "‰", " per thousand "), ("°", "°", " degrees "),
        ("#", r"#(?= ?\d)", " number "), ("~", r"~ ?(?=[\d$£€.])", " about "),
        ("$", r"\$(?= |$)", " dollars "), ("£", "£", " pounds "), ("€", "€", " euros "), ("¥", "¥", " yuan "), ("₹", "₹", " rupees "),
    ]  # fmt: skip
    greek = dict(zip("αβγδεζηθλμνξπρστφχψωΓΔΘΛΞΠΣΦΨΩ", "alpha beta gamma delta epsilon zeta eta theta lambda mu nu xi pi rho sigma tau phi chi psi omega gamma delta theta lambda xi pi sigma phi psi omega".split(), strict=True))  # fmt: skip
    names = "|".join(sorted(ABBREVIATIONS, key=len, reverse=True))
    before = "|".join(sorted(BEFORE_NUMBER, key=len, reverse=True))
    titles = "|".join(TITLES)
    rules: list[Rule] = [
        Rule(r"A-Za-z\d", rf"(?:{addresses.URL})|{addresses.EMAIL}|{addresses.DOMAIN}|{addresses.FILE}", _address),
        Rule("/~.A-Z", addresses.PATH, _address),
        Rule("@", addresses.HANDLE, _address),
        Rule("#", addresses.HASHTAG, lambda m: "hashtag " + _inner(addresses.hashtag(m[0]))),
        Rule("e", r"e\.g\.,?", lambda m: "for example,"),
        Rule("i", r"i\.e\.,?", lambda m: "that is,"),
        Rule("P", r"Ph\.? ?D\b\.?", lambda m: "P H D" + stop(m)),
        Rule("w", r"w/o\b", lambda m: "without"),
        Rule("w", r"w/(?= ?[A-Za-z])", lambda m: "with "),
        Rule("aApP", r"([apAP])\.[mM]\.", lambda m: f"{m[1].upper()} M{stop(m)}"),
        Rule("A-Za-z", rf"({before})\. ?(?=\d)", lambda m: BEFORE_NUMBER[m[1]] + " "),
        Rule("N", r"(No|Nos|NO)\. ?(?=[A-Z]?\d)", lambda m: BEFORE_NUMBER[m[1]] + " "),
        Rule("SD", r"(St|Dr)\.", _saint),
        *english_amounts.PROPORTIONS,
        *english_dates.RULES,
        Rule("A-Za-z", rf"({names})\.(?=[\s,;:)\"”'?!]|$)", _abbreviation),
        Rule("A-Z", rf"({titles}|vs)(?= [A-Z])", lambda m: ABBREVIATIONS[m[1]]),
        Rule("v", r"vs(?=[ .])", lambda m: "versus"),
        Rule("S", r"St(?= [A-Z][a-z])", lambda m: "Saint"),
        Rule("A-Z", rf"({KINGS}) ([IVXL]{{1,8}})('s)?(?![A-Za-z\d-])", lambda m: _regnal_possessive(m)),
        Rule("A-Z", rf"({NUMBERED}) ([IVXLCDM]{{1,10}})(?![A-Za-z\d])", _numbered),
        Rule("A-Z", r"([A-Z][a-z]{1,20}|[A-Z]{2,6}) ([IVX]{1,6})(?![A-Za-z\d'])", _named_roman),
        Rule("IVX", r"[IVX]{2,7}(?![A-Za-z\d'])", _lone_roman),
        Rule("A-Z", r"((?:[A-Z]\.){2,8})(?=\s+[A-Z]|\s*$)", _letters),
        Rule("A-Za-z", r"((?:[A-Za-z]\.){2,8})", _letters),
        Rule("A-Z", r"([A-Z])\.(?=\s+[A-Z])", lambda m: m[1]),
        Rule("C", r"C\+\+", lambda m: "C plus plus"),
        Rule("A-G", r"([CFAGDJ])#(?![\w])", lambda m: f"{m[1]} sharp"),
        Rule("vV", r"(?<![\w.])(?P<v>[vV])\.? ?(?P<n>\d{1,6}(?:\.\d{1,6}){0,6})(?:-?(?P<tag>rc|beta|alpha|dev|post|b|a)\.?(?P<build>\d{1,4})?)?(?![\w])", _version),
        Rule("A-Za-z", r"((?:[Vv]ersion|[Rr]elease|Python|Java|Node|Ruby|PHP|Go|Rust|Ubuntu|Debian|Fedora|iOS|iPadOS|Android|macOS|Linux|Kernel|kernel|Django|Gradio|PyTorch|torch|CUDA|NumPy|Chrome|Firefox|Windows|Unity|Swift|Kotlin|Angular|React|Vue|Bluetooth|USB|HTTP|TLS|GPT|Llama|Claude|Gemini|Qwen)[ -])(\d{1,4})\.(\d{1,3})(?![\w]|\.\d)", _release),
        Rule("A-Za-z", r"([A-Za-z]{1,20})-?(\d{1,6}(?:\.\d{1,4})?)(?![\d%]|[.,:/]\d|[ap]m|-\d|s\b)", lambda m: _attached(m) if not re.match(r"\w{0,20}\^", m[0]) else None),
        Rule("A-Za-z", r"(?:(?:[kKMGT]B|[kMG]?bit|km|kg|mg|mi|lbs?|mL|ml|m)/(?:s|h|hr|min|kg|L|dL|m\^[23]|mL|day))(?:\^-?[23])?(?![\w/])", lambda m: units.english(m[0], False)),
        Rule("A-Za-z", r"(?:km|cm|mm|m|ft|in|mi)\^[23](?![\w])", lambda m: units.english(m[0], False)),
        # numbers
        Rule("A-Za-z", r"((?:[Rr]oom|[Ss]uite|Route|Highway|Interstate|Boeing|Airbus|[Ff]light|[Aa]partment|[Bb]us) )(\d{3,4})(?![\d%]|[.,:]\d)", lambda m: m[1] + pairs(m[2])),
        Rule(r"\d", r"(?<![\d.,$])(\d{3,4})(?= (?:[NSEW]\.? )?(?:[A-Z][a-z]{1,20} ){1,3}(?:St|Ave|Rd|Blvd|Dr|Ln|Street|Avenue|Road|Boulevard|Drive|Lane|Way)\b)", lambda m: year(int(m[1])) if m[1].endswith("00") and len(m[1]) == 4 else pairs(m[1])),
        Rule(r"\d", r"(?<![\d.,])\d{1,3}(?: \d{3}){2,5}(?![ .,-]?\d)", lambda m: number(m[0].replace(" ", ""))),
        Rule(r"\d", r"(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(?:/(\d{1,2})|:(\d{1,5}))?(?![\d]|\.\d)", _ip),
        Rule(r"+", r"\+\d{1,3}(?:[ .-]?\(?\d{1,5}\)?){1,6}(?!\w)", lambda m: _groups(m) if len(re.sub(r"\D", "", m[0])) >= 8 else None),
        Rule("(", r"\(\d{2,5}\) ?\d{3,4}[- .]?\d{3,5}(?!\d)", _groups),
        Rule(r"\d", r"(?:1[- .])?(?<![\d.])\d{3}[- .]\d{3}[- .]\d{4}(?![\d])|(?<!\d)\d{3}-\d{4}(?!\d)|(?:1-)?8\d\d-[A-Z]{3,12}(?![a-z])|1-8\d\d-\d{3}-[A-Z]{4}", _groups),
        Rule(r"\d", r"\d{3}-\d{2}-\d{4}(?!\d)|97[89](?:-?\d{1,7}){3,4}(?:-[\dX])?(?!\d)|\d{4}([ -])\d{4}\1\d{4}(?:\1\d{1,4})?(?!\d)|0\d{2,4}[ -]\d{3,4}[ -]?\d{3,4}(?![\d])|1[3-9]\d{9}(?![\d.])", _groups),
        Rule(r"\d", r"\d{3,15}(?:[ -]\d{2,6}){0,4}(?![\w:%]|[.,]\d)", _dialled),
        Rule(r"\d", r"\d{3,16}(?![\d:%]|[.,]\d)", _in_context(AS_DIGITS)),
        Rule(r"\d", r"(?<![\d.])(?P<v>)(?P<n>\d{1,6}(?:\.\d{1,6}){2,6})(?:-?(?P<tag>rc|beta|alpha|dev|post|b|a)\.?(?P<build>\d{1,4})?)?(?![\w]|\.\d)", _version),
        Rule(r"\d", r"(\d{3,4})[x×](\d{3,4})(?!\d)", lambda m: f"{pairs(m[1])} by {pairs(m[2])}"),
        *english_amounts.RULES,
        *english_amounts.RATIOS,
        *english_dates.YEARS,
        *english_amounts.NUMBERS,
        # signs
        Rule(",", r",(?=\d)", lambda m: ", "),
        Rule(" -", r"( ?)(-{1,2})( {0,2})(?=[\d.$£€¥₹₩₽√(]|[a-z]\b)", _hyphen),
        Rule(" x×*", r" ?[x×*] ?(?=[\d.(√])", lambda m: _times(m) if re.search(r"[\d)a-z°\"']$", m.string[max(0, m.start() - 1) : m.start()]) and (m[0].strip() != "x" or m.string[m.start() - 1].isdigit()) else None),
        Rule("x", r"(?<=\d)x(?![A-Za-z])", lambda m: " times" if re.match(r" (?:faster|more|larger|bigger|better|cheaper|slower|smaller|as|the|higher)", m.string[m.end() : m.end() + 10]) else " x"),
        Rule(" <>", r" ?[<>]=? ?(?=[\d.$a-z-])", lambda m: _comparison(m)),
        Rule(" -", r" -{1,2} |--", lambda m: " — "),
        Rule(" -=", r" ?[-=]> ?", lambda m: " to "),
        Rule(" /", r" ?/ ?(?=\w)", lambda m: _slash(m) if m.string[max(0, m.start() - 1) : m.start()].isalnum() else None),
        *(Rule(" \\" + start if pattern[0] == " " else "\\" + start, pattern, always(words)) for start, pattern, words in fixed),
        *(Rule(letter, f"{letter}(?![A-Za-z])", always(f" {name} ")) for letter, name in greek.items()),
    ]  # fmt: skip
    return Rules(rules)


def _regnal_possessive(m: re.Match[str]) -> str | None:
    value = roman(m[2])
    if value is None or (
        m[2] == "I" and not m[3] and re.match(r" (?!of\b|and\b)[a-z]", m.string[m.end() : m.end() + 5])
    ):
        return None
    return f"{m[1]} the {ordinal(value)}{m[3] or ''}"


def _inner(words: str) -> str:
    return " ".join(_address_digits(w) if w.isdigit() else w for w in words.split())


def _comparison(m: re.Match[str]) -> str | None:
    """``a < 5``: said between two terms; the brackets of a tag are not."""
    left = m.string[max(0, m.start() - 1) : m.start()]
    spaced = m[0].startswith(" ") and m[0].endswith(" ")
    if not (left.isalnum() or left in "%)") or not left or (not spaced and not left.isdigit()):
        return None
    sign = m[0].strip()
    words = " is less than " if sign[0] == "<" else " is greater than "
    return words + ("or equal to " if sign.endswith("=") else "")
