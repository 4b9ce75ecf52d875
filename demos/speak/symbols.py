"""The meaning of the symbols in a line of phonemes: Kokoro's own codes in IPA with a word that has the sound, and the signs of Chinese."""

from __future__ import annotations

from collections.abc import Iterable

from demos.ui.i18n import Text, both_text

ENGLISH: dict[str, Text] = {
    "ˈ": Text("main stress: the syllable after it is the loudest", "主重音，标在重读音节之前"),
    "ˌ": Text("secondary stress", "次重音"),
    "ː": Text("long vowel", "长音"),
    "A": Text("IPA eɪ, as in say", "国际音标 eɪ，如 say"),
    "I": Text("IPA aɪ, as in my", "国际音标 aɪ，如 my"),
    "O": Text("IPA oʊ, as in go (American)", "国际音标 oʊ，如 go（美式）"),
    "Q": Text("IPA əʊ, as in go (British)", "国际音标 əʊ，如 go（英式）"),
    "W": Text("IPA aʊ, as in how", "国际音标 aʊ，如 how"),
    "Y": Text("IPA ɔɪ, as in boy", "国际音标 ɔɪ，如 boy"),
    "T": Text("IPA ɾ, the quick t of American letter", "国际音标 ɾ，如美音 letter 中的闪音 t"),
    "ʤ": Text("IPA dʒ, as in jam", "国际音标 dʒ，如 jam"),
    "ʧ": Text("IPA tʃ, as in chin", "国际音标 tʃ，如 chin"),
    "ᵊ": Text("a barely spoken ə, as in table", "极弱的 ə，如 table 词尾"),
    "ᵻ": Text("between ɪ and ə, as in roses", "介于 ɪ 与 ə 之间，如 roses"),
    "ə": Text("the weak vowel of about", "弱元音，如 about 词首"),
    "ɹ": Text("the English r", "英语的 r"),
    "ŋ": Text("ng, as in sing", "ng，如 sing"),
    "ʃ": Text("sh, as in ship", "sh，如 ship"),
    "ʒ": Text("the s of measure", "如 measure 中的 s"),
    "θ": Text("th, as in thin", "清音 th，如 thin"),
    "ð": Text("th, as in this", "浊音 th，如 this"),
    "ɪ": Text("as in sit", "如 sit"),
    "ɛ": Text("as in bed", "如 bed"),
    "æ": Text("as in cat", "如 cat"),
    "ʌ": Text("as in cup", "如 cup"),
    "ɑ": Text("as in father", "如 father"),
    "ɔ": Text("as in law", "如 law"),
    "ʊ": Text("as in book", "如 book"),
    "ɜ": Text("as in bird", "如 bird"),
}
CHINESE: dict[str, Text] = {
    "→": Text("first tone, high and level (ā)", "阴平，第一声（ā）"),
    "↗": Text("second tone, rising (á)", "阳平，第二声（á）"),
    "↓": Text("third tone, low (ǎ)", "上声，第三声（ǎ）"),
    "↘": Text("fourth tone, falling (à)", "去声，第四声（à）"),
    "ʰ": Text("with a puff of breath: p, t, k, q, ch, c in pinyin", "送气，如拼音 p、t、k、q、ch、c"),
    "ʨ": Text("pinyin j (with ʰ: q)", "拼音 j（带 ʰ 为 q）"),
    "ɕ": Text("pinyin x", "拼音 x"),
    "ꭧ": Text("pinyin zh (with ʰ: ch)", "拼音 zh（带 ʰ 为 ch）"),
    "ʂ": Text("pinyin sh", "拼音 sh"),
    "ɻ": Text("pinyin r", "拼音 r"),
    "ʦ": Text("pinyin z (with ʰ: c)", "拼音 z（带 ʰ 为 c）"),
    "ɨ": Text("the i of zhi, shi, zi, si", "zhi、shi、zi、si 的韵母"),
    "ɤ": Text("pinyin e, as in he", "拼音 e，如“喝”"),
    "y": Text("pinyin ü", "拼音 ü"),
    "ɥ": Text("ü before a vowel, as in yue", "元音前的 ü，如“月”"),
    "ŋ": Text("ng, as in zhong", "后鼻音 ng，如“中”"),
    "ɚ": Text("er, as in the number two", "er，如“二”"),
    "x": Text("pinyin h", "拼音 h"),
}


def known(*, chinese: bool) -> dict[str, Text]:
    """The symbols of a language."""
    return CHINESE if chinese else ENGLISH


def legend(phonemes: Iterable[str], *, chinese: bool) -> str:
    """A folded list of the symbols that occur, explained; empty where none needs it."""
    said = set("".join(phonemes))
    rows = "".join(
        f"<dt>{symbol}</dt><dd>{both_text(*meaning)}</dd>"
        for symbol, meaning in known(chinese=chinese).items()
        if symbol in said
    )
    summary = both_text("What the symbols mean", "符号说明")
    return f'<details class="symbols"><summary>{summary}</summary><dl>{rows}</dl></details>' if rows else ""
