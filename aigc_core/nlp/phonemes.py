"""Text to the phonemes Kokoro was trained on, for English, Chinese and the two mixed.

English goes through espeak-ng and is rewritten to Kokoro's alphabet as misaki's fallback does (``A`` for eɪ, ``I`` for
aɪ, ``ʤ`` for dʒ, …). Chinese goes through jieba (words), pypinyin (readings in context) and misaki's table from pinyin
to IPA, tones as arrows: → first, ↗ second, ↓ third, ↘ fourth.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

from aigc_core.nlp import reading, text_normalization
from aigc_core.nlp.reading import Language, language_of
from aigc_core.tasks.speak import SpeakRequest

__all__ = ["Chunk", "Language", "Script", "as_said", "from_phonemes", "language_of", "phonemize", "prepared", "script"]

ALPHABET = (
    ';:,.!?—…"()“” \u0303ʣʥʦʨᵝ\uab67AIOQSTWYᵊabcdefhijklmnopqrstuvwxyzɑɐɒæβɔɕçɖðʤəɚɛɜɟɡɥɨɪʝɯɰŋɳɲɴøɸθœɹɾɻʁɽʂʃʈʧʊʋʌɣɤχ'
    "ʎʒʔˈˌːʰʲ↓→↗↘ᵻ"
)
"""The symbols that Kokoro's text encoder has a vector for."""
SHORT = (
    24  # phonemes; shorter sentences are spoken together with a neighbour, because the model garbles very short ones
)
LONG = 250  # phonemes; longer sentences are split at a comma or the like
_espeak_lock = Lock()


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """A unit of synthesis: a sentence, several very short ones, or a part of a very long one."""

    text: str
    phonemes: str
    ends_paragraph: bool = False


@dataclass(frozen=True, kw_only=True)
class Script:
    """A text prepared for reading aloud."""

    chunks: tuple[Chunk, ...]
    dropped: str
    """Symbols of the text that have no sound here, each once."""
    normalized: str = ""
    """The text in words; :func:`script` makes the same of it when it is given again. Empty for phonemes."""
    language: Language = "en"

    @property
    def phonemes(self) -> str:
        """One chunk a line, a blank line after a paragraph; :func:`from_phonemes` reads it back."""
        lines = (c.phonemes + ("\n" if c.ends_paragraph else "") for c in self.chunks)
        return "\n".join(lines).strip("\n")


def script(text: str, *, british: bool = False, limit: int = 510, default: Language = "en") -> Script:
    """Split a text into chunks of at most ``limit`` phonemes.

    Args:
        default: The language of text without words; see :func:`aigc_core.nlp.reading.language_of`.
    """
    read = reading.read(text, default)
    chunks: list[Chunk] = []
    for paragraph in read.paragraphs:
        pieces = [Chunk(text=s.text.strip(), phonemes=_phonemes(s.words, british)) for s in paragraph]
        merged = _merge_short([p for p in pieces if _speakable(p.phonemes)])
        parts = [part for piece in merged for part in _split_long(piece, limit)]
        chunks += parts[:-1]
        if parts:
            chunks.append(Chunk(text=parts[-1].text, phonemes=parts[-1].phonemes, ends_paragraph=True))
    return Script(chunks=tuple(chunks), dropped=read.dropped, normalized=read.text, language=read.language)


def prepared(request: SpeakRequest, *, limit: int = 510) -> Script:
    """The script of a request: of its phonemes where there are some, else of its text.

    The voice decides between British and American English, and the language of text without words.
    """
    if request.phonemes.strip():
        return from_phonemes(request.phonemes, limit=limit)
    default: Language = "zh" if request.voice.startswith("z") else "en"
    return script(request.text, british=request.voice.startswith("b"), limit=limit, default=default)


def as_said(request: SpeakRequest) -> dict[str, str]:
    """Preview what a request will say: ``language``, ``normalized``, ``phonemes`` and ``dropped``."""
    made = prepared(request)
    return {name: getattr(made, name) for name in ("language", "normalized", "phonemes", "dropped")}


def from_phonemes(phonemes: str, *, limit: int = 510) -> Script:
    """A script from phonemes as :attr:`Script.phonemes` writes them; symbols that are no phonemes are dropped."""
    dropped = "".join(dict.fromkeys(c for c in phonemes if c not in ALPHABET and not c.isspace()))
    chunks: list[Chunk] = []
    for paragraph in re.split(r"\n\s*\n", phonemes.replace("\r", "")):
        lines = ["".join(c for c in line if c in ALPHABET).strip() for line in paragraph.split("\n")]
        parts = [p for line in lines if _speakable(line) for p in _split_long(Chunk(text="", phonemes=line), limit)]
        chunks += parts[:-1]
        if parts:
            chunks.append(Chunk(text="", phonemes=parts[-1].phonemes, ends_paragraph=True))
    return Script(chunks=tuple(chunks), dropped=dropped, language=language_of(phonemes))


def phonemize(sentence: str, *, british: bool = False) -> str:
    """Phonemes of one cleaned sentence, in Kokoro's alphabet.

    >>> phonemize("Hello, world!")
    'həlˈO, wˈɜɹld!'
    >>> phonemize("你好，世界！")
    'ni↓xau↓, ʂɨ↘ʨje↘!'
    """
    return _phonemes(text_normalization.write_out(sentence, language_of(sentence)), british)


def _phonemes(written: str, british: bool) -> str:
    words = text_normalization.punctuated(written)
    parts = []
    for run in re.findall(r"[㐀-鿿〇]+|[^㐀-鿿〇]+", words):
        if text_normalization.is_han(run[0]):
            parts.append(_chinese(run))
        elif re.search(r"\w", run):
            lead, tail = run[: len(run) - len(run.lstrip())], run[len(run.rstrip()) :]
            edge = " " if len(run) < len(words) else ""  # English inside of Chinese stands apart
            parts.append((lead or edge) + _english(run.strip(), british) + (tail or edge))
        else:
            parts.append(run)
    joined = "".join(c for part in parts for c in part if c in ALPHABET)
    joined = re.sub(r" {2,}", " ", joined)
    return re.sub(r" ([,.;:!?…)”])", r"\1", joined).strip()


# --- English ----------------------------------------------------------------------------------------------------------


@cache
def _espeak(british: bool) -> Any:
    """misaki's espeak-ng front end; one process-wide library, so calls go through a lock."""
    logging.getLogger("phonemizer").setLevel(logging.ERROR)
    use_packaged_espeak()
    from misaki import espeak

    return espeak.EspeakFallback(british=british)


def use_packaged_espeak() -> None:
    """Point phonemizer at the espeak-ng library and data of the package espeakng-loader."""
    import espeakng_loader
    from phonemizer.backend.espeak.wrapper import EspeakWrapper

    EspeakWrapper.set_library(espeakng_loader.get_library_path())
    EspeakWrapper.set_data_path(espeakng_loader.get_data_path())


@dataclass
class _Token:
    text: str


def _english(text: str, british: bool) -> str:
    with _espeak_lock:
        phonemes: str | None = _espeak(british)(_Token(text))[0]
    return (phonemes or "").replace("-", "").replace("ɾ", "T")  # the flap: misaki before 0.9 leaves it in IPA


# --- Chinese ----------------------------------------------------------------------------------------------------------


@cache
def _chinese_tools() -> tuple[Any, Any, Any]:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba 0.42 has invalid escapes and looks for pkg_resources
        import jieba
        import opencc
        from misaki import zh
    jieba.setLogLevel(logging.ERROR)
    return jieba.lcut, zh.ZHG2P.word2ipa, opencc.OpenCC("t2s").convert


def _chinese(run: str) -> str:
    _, word_to_ipa, _ = _chinese_tools()
    return " ".join(word_to_ipa(word) for word in cut(run)).replace("\u032f", "")


def cut(run: str) -> list[str]:
    """The words of a run of Chinese characters, in simplified ones."""
    into_words, _, simplify = _chinese_tools()
    return list(into_words(simplify(run)))


def pinyin(word: str) -> str:
    """The reading of Chinese characters in pinyin with tone marks, as they are spoken here."""
    from pypinyin import lazy_pinyin
    from pypinyin.constants import Style

    return " ".join(lazy_pinyin(word, style=Style.TONE))


# --- chunks -----------------------------------------------------------------------------------------------------------


def _speakable(phonemes: str) -> bool:
    return any(c.isalpha() for c in phonemes)


def _merge_short(pieces: list[Chunk]) -> list[Chunk]:
    merged: list[Chunk] = []
    for piece in pieces:
        if merged and (len(merged[-1].phonemes) < SHORT or len(piece.phonemes) < SHORT):
            last = merged.pop()
            gap = "" if last.text and ord(last.text[-1]) > 0x2E80 else " "
            piece = Chunk(text=f"{last.text}{gap}{piece.text}", phonemes=f"{last.phonemes} {piece.phonemes}")
        merged.append(piece)
    return merged


def _split_long(chunk: Chunk, limit: int) -> list[Chunk]:
    """Parts of at most ``limit`` phonemes, split near the middle at the strongest mark there is: ``;:—,`` then spaces.

    Only the first part keeps the text.
    """
    phonemes = chunk.phonemes
    if len(phonemes) <= LONG:
        return [chunk]
    for marks in (
        (r"[.!?…]+\s", r"[;:—]\s", r",\s", r"\s") if len(phonemes) > limit else (r"[.!?…]+\s", r"[;:—]\s", r",\s")
    ):
        ends = [m.end() for m in re.finditer(marks, phonemes) if SHORT <= m.end() <= len(phonemes) - SHORT]
        if ends:
            cut = min(ends, key=lambda e: abs(e - len(phonemes) / 2))
            break
    else:
        if len(phonemes) <= limit:
            return [chunk]
        cut = limit
    head = Chunk(text=chunk.text, phonemes=phonemes[:cut].strip())
    return _split_long(head, limit) + _split_long(Chunk(text="", phonemes=phonemes[cut:].strip()), limit)
