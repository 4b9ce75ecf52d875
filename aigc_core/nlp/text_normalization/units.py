"""Units of measurement and their compounds: ``m/s²``, ``kWh``, ``GB/s``, ``mg/dL``."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple


class Unit(NamedTuple):
    """A symbol's name in both languages, the English one in the singular."""

    en: str
    zh: str


_PREFIXES = {
    "k": Unit("kilo", "千"), "M": Unit("mega", "兆"), "G": Unit("giga", "吉"), "T": Unit("tera", "太"), "h": Unit("hecto", "百"),
    "d": Unit("deci", "分"), "c": Unit("centi", "厘"), "m": Unit("milli", "毫"), "μ": Unit("micro", "微"),
    "n": Unit("nano", "纳"), "p": Unit("pico", "皮"),
}  # fmt: skip
_BASES = {
    "m": ("meter", "米", "dcmμn"), "g": ("gram", "克", "mμn"), "L": ("liter", "升", "hdcmμ"), "l": ("liter", "升", "dcmμ"),
    "s": ("second", "秒", "mμnp"), "W": ("watt", "瓦", "kMGTm"), "Wh": ("watt hour", "瓦时", "kMGT"), "V": ("volt", "伏", "kmMμ"),
    "VA": ("volt ampere", "伏安", "kM"), "A": ("ampere", "安", "kmμ"), "Ah": ("ampere hour", "安时", "mk"),
    "Hz": ("hertz", "赫兹", "kMGT"), "Pa": ("pascal", "帕", "hkMG"), "bar": ("bar", "巴", "m"), "J": ("joule", "焦", "kMG"),
    "cal": ("calorie", "卡", "k"), "N": ("newton", "牛", "km"), "Ω": ("ohm", "欧姆", "kM"), "F": ("farad", "法", "μnp"),
    "mol": ("mole", "摩尔", "mμ"), "eV": ("electron volt", "电子伏", "kMG"), "bit": ("bit", "比特", "kMG"),
    "Sv": ("sievert", "希沃特", "mμ"), "Bq": ("becquerel", "贝克勒尔", "kM"), "lm": ("lumen", "流明", ""), "lx": ("lux", "勒克斯", ""),
    "t": ("tonne", "吨", ""), "h": ("hour", "小时", ""), "Wb": ("weber", "韦伯", ""), "Nm": ("newton meter", "牛米", "k"),
}  # fmt: skip
_NAMED = {
    "km": ("kilometer", "公里"), "kg": ("kilogram", "公斤"), "ha": ("hectare", "公顷"), "dB": ("decibel", "分贝"),
    "min": ("minute", "分钟"), "sec": ("second", "秒"), "hr": ("hour", "小时"), "hrs": ("hour", "小时"), "yr": ("year", "年"),
    "yrs": ("year", "年"), "lb": ("pound", "磅"), "lbs": ("pound", "磅"), "oz": ("ounce", "盎司"), "ft": ("foot", "英尺"),
    "yd": ("yard", "码"), "yds": ("yard", "码"), "mi": ("mile", "英里"), "gal": ("gallon", "加仑"), "qt": ("quart", "夸脱"),
    "tbsp": ("tablespoon", "汤匙"), "tsp": ("teaspoon", "茶匙"), "cc": ("cubic centimeter", "毫升"), "kt": ("knot", "节"),
    "in": ("inch", "英寸"), "mph": ("mile per hour", "英里每小时"), "kph": ("kilometer per hour", "公里每小时"),
    "kmh": ("kilometer per hour", "公里每小时"), "mpg": ("mile per gallon", "英里每加仑"), "rpm": ("revolution per minute", "转每分钟"),
    "RPM": ("revolution per minute", "转每分钟"), "bpm": ("beat per minute", "次每分钟"), "fps": ("frame per second", "帧每秒"),
    "dpi": ("dot per inch", "点每英寸"), "ppi": ("pixel per inch", "像素每英寸"), "psi": ("pound per square inch", "磅每平方英寸"),
    "ppm": ("part per million", "P P M"), "ppb": ("part per billion", "P P B"), "bps": ("bit per second", "比特每秒"),
    "kbps": ("kilobit per second", "千比特每秒"), "Kbps": ("kilobit per second", "千比特每秒"),
    "Mbps": ("megabit per second", "兆比特每秒"), "Gbps": ("gigabit per second", "吉比特每秒"),
    "kB": ("kilobyte", "K B"), "KB": ("kilobyte", "K B"), "MB": ("megabyte", "M B"), "GB": ("gigabyte", "G B"),
    "TB": ("terabyte", "T B"), "PB": ("petabyte", "P B"), "KiB": ("kibibyte", "K B"), "MiB": ("mebibyte", "M B"),
    "GiB": ("gibibyte", "G B"), "TiB": ("tebibyte", "T B"), "Mb": ("megabit", "兆比特"), "Gb": ("gigabit", "吉比特"),
    "px": ("pixel", "像素"), "hp": ("horsepower", "马力"), "MP": ("megapixel", "百万像素"), "kn": ("knot", "节"),
    "atm": ("atmosphere", "大气压"), "mmHg": ("millimeter of mercury", "毫米汞柱"), "kcal": ("kilocalorie", "千卡"),
    "KG": ("kilogram", "公斤"), "Kg": ("kilogram", "公斤"), "KM": ("kilometer", "公里"), "Km": ("kilometer", "公里"),
    "CM": ("centimeter", "厘米"), "ML": ("milliliter", "毫升"), "kwh": ("kilowatt hour", "千瓦时"), "KWh": ("kilowatt hour", "千瓦时"),
    "kw": ("kilowatt", "千瓦"), "KW": ("kilowatt", "千瓦"), "MW": ("megawatt", "兆瓦"), "HZ": ("hertz", "赫兹"), "hz": ("hertz", "赫兹"),
    "ug": ("microgram", "微克"), "um": ("micrometer", "微米"), "us": ("microsecond", "微秒"), "mcg": ("microgram", "微克"),
    "msec": ("millisecond", "毫秒"), "db": ("decibel", "分贝"), "dBA": ("decibel A", "分贝"), "dBm": ("decibel milliwatt", "分贝毫瓦"),
    "ly": ("light year", "光年"), "AU": ("astronomical unit", "天文单位"), "mAh": ("milliampere hour", "毫安时"), "day": ("day", "天"),
    "week": ("week", "周"), "month": ("month", "个月"), "year": ("year", "年"), "hour": ("hour", "小时"), "minute": ("minute", "分钟"),
    "second": ("second", "秒"), "person": ("person", "人"),
}  # fmt: skip
_PER_ONLY = frozenset(("day", "week", "month", "year", "hour", "minute", "second", "person"))
_ENGLISH_AMBIGUOUS = frozenset(("A", "N", "F", "J", "in", "us", "AU", "MP"))  # words and names as often as units
_IRREGULAR = {"foot": "feet", "inch": "inches", "person": "people", "horsepower": "horsepower", "lux": "lux"}
_LENGTHS = frozenset("m km cm mm dm μm nm um ft in mi yd KM Km CM".split())


@cache
def table() -> dict[str, Unit]:
    """Every symbol, prefixed ones included."""
    made = {}
    for symbol, (en, zh, prefixes) in _BASES.items():
        made[symbol] = Unit(en, zh)
        for prefix in prefixes:
            made[prefix + symbol] = Unit(_PREFIXES[prefix].en + en, _PREFIXES[prefix].zh + zh)
    return made | {symbol: Unit(*names) for symbol, names in _NAMED.items()}


@cache
def pattern(english: bool) -> str:
    """A regular expression for a unit or a compound of at most four, to be matched after a number."""
    symbols = [s for s in table() if s not in _PER_ONLY and not (english and s in _ENGLISH_AMBIGUOUS)]
    first = "|".join(sorted(map(re.escape, symbols), key=len, reverse=True))
    later = "|".join(sorted(map(re.escape, table()), key=len, reverse=True))
    power = r"(?:\^-?[1-4]|(?<=m)[23])?"
    return rf"(?:{first}){power}(?:[/·](?:\d{{1,4}} ?)?(?:{later}){power}){{0,3}}(?![A-Za-z\d^])"


_PART = re.compile(r"([/·]?)(\d{0,4}) ?([A-Za-zμΩ]{1,8})(?:\^?(-?\d))?")


def english(symbols: str, singular: bool, number: str = "one hundred") -> str:
    """``m/s^2`` → ``meters per second squared``.

    Args:
        singular: ``meter per second squared``, as after 1.
        number: Words for a number in the denominator, as in L/100 km.
    """
    out: list[str] = []
    for op, count, symbol, power in _PART.findall(symbols):
        name, exponent = table()[symbol].en, int(power or 1)
        per = op == "/" or exponent < 0
        many = not per and not singular and not out
        words = _raised(symbol, _plural(name) if many or (per and count) else name, abs(exponent))
        out.append(("per " if per else "") + (f"{number} " if count else "") + words)
    return " ".join(out)


def chinese(symbols: str, number: str = "一百") -> str:
    """``m/s^2`` → 米每二次方秒."""
    out = ""
    for op, count, symbol, power in _PART.findall(symbols):
        name, exponent = table()[symbol].zh, int(power or 1)
        per = op == "/" or exponent < 0
        size = abs(exponent)
        if size in (2, 3):
            flat = {2: "平方", 3: "立方"} if symbol in _LENGTHS else {2: "二次方", 3: "三次方"}
            name = flat[size] + ("公里" if symbol.lower() == "km" else name)
        elif size > 3:
            name = f"{size}次方".replace("4", "四") + name
        out += ("每" if per else "") + (number if count else "") + name
    return out


def _raised(symbol: str, words: str, power: int) -> str:
    if power == 1:
        return words
    if symbol in _LENGTHS and power < 4:
        return ("square " if power == 2 else "cubic ") + words
    return words + {2: " squared", 3: " cubed"}.get(power, " to the fourth")


def _plural(name: str) -> str:
    head, sep, tail = name.partition(" per ") if " per " in name else name.partition(" of ")
    if head.endswith("hertz") or head in ("decibel A",):
        return name
    first = _IRREGULAR.get(head) or head + "s"
    return first + sep + tail
