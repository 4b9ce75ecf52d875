"""Web addresses, e-mail, file names, handles and hashtags: letters as they stand, signs by name."""

from __future__ import annotations

import re
from collections.abc import Callable

_ENDINGS = "com|org|net|io|ai|cn|edu|gov|dev|app|info|uk|de|fr|jp|eu|me|tv|co|us|ca|au|kr|hk|tw|sg|in|ru|ch|nl|se|it|es|xyz|site|int|biz"
_FILES = (
    "txt|pdf|docx?|xlsx?|pptx?|csv|json|ya?ml|toml|xml|html?|css|js|ts|py|ipynb|java|cpp|hpp|rs|go|sh|bat|exe|dll|zip|tar|gz|rar|"
    "7z|png|jpe?g|gif|webp|svg|bmp|tiff?|mp3|mp4|wav|flac|ogg|mkv|avi|mov|midi?|md|rst|tex|log|ini|cfg|conf|sql|db|apk|iso|img|bin|"
    "onnx|pt|ckpt|safetensors|so|dmg|deb|rpm|epub|mobi|psd|ttf"
)
_LABEL = r"[A-Za-z\d](?:[\w-]{0,62})"
_TAIL = r"(?::\d{1,5})?(?:[/?#][A-Za-z\d\-._~:/?#@!$&'*+,;=%]{0,500})?"
URL = rf"(?:https?|ftp)://[A-Za-z\d\-._~:/?#@!$&'*+,;=%]{{1,500}}|www\.{_LABEL}(?:\.{_LABEL}){{1,5}}{_TAIL}|localhost:\d{{1,5}}{_TAIL}"
EMAIL = rf"(?<![\w.+@-])[A-Za-z\d][A-Za-z\d.+_-]{{0,63}}@{_LABEL}(?:\.{_LABEL}){{1,5}}"
DOMAIN = rf"(?<![\w.@-])(?:{_LABEL}\.){{1,4}}(?:{_ENDINGS})(?![\w-])(?!\.[A-Za-z\d]){_TAIL}"
FILE = rf"(?<![\w.@-])[A-Za-z\d_][\w-]{{0,63}}(?:\.[\w-]{{1,32}}){{0,3}}\.(?:{_FILES})(?![\w-])"
HANDLE = r"(?<![\w@])@[A-Za-z_]\w{0,63}(?:\.\w{1,63}){0,2}"
HASHTAG = r"(?<![\w#&])#[A-Za-z_][A-Za-z\d_]{0,63}"
PATH = r"(?<![\w/.~])(?:~|\.{1,2})?/(?:[A-Za-z\d._-]{1,64}/){1,12}[A-Za-z\d._-]{0,64}|(?<!\w)[A-Z]:\\[A-Za-z\d._\\-]{1,200}"

_EN = {
    "@": "at", ".": "dot", "/": "slash", "-": "dash", "_": "underscore", ":": "colon", "?": "question mark", "=": "equals",
    "&": "and", "#": "hash", "%": "percent", "~": "tilde", "+": "plus", "\\": "backslash", ",": "comma", ";": "semicolon",
    "!": "exclamation mark", "*": "star", "$": "dollar", "'": "apostrophe",
}  # fmt: skip
_ZH = {
    "@": "艾特", ".": "点", "/": "斜杠", "-": "杠", "_": "下划线", ":": "冒号", "?": "问号", "=": "等于", "&": "和", "#": "井号",
    "%": "百分号", "~": "波浪号", "+": "加", "\\": "反斜杠", ",": "逗号", ";": "分号", "!": "感叹号", "*": "星号", "$": "美元", "'": "撇号",
}  # fmt: skip
_WORDLIKE = frozenset(
    "json jpeg java yaml toml doc docs gif zip tar bat log bin conf so go midi tiff safetensors img deb".split()
)
_TOKEN = re.compile(r"\d{1,500}|[^\W\d_]{1,500}|[\W_]")


_ANY = re.compile(rf"(?:{URL})|{EMAIL}|{DOMAIN}|{FILE}", re.ASCII)


def without(text: str) -> str:
    """``text`` with a space in place of every address and file name, which belong to no language."""
    return _ANY.sub(" ", text)


def spell(address: str, digits: Callable[[str], str], *, chinese: bool = False) -> tuple[str, str]:
    """An address in words, and the closing punctuation that does not belong to it."""
    stripped = address.rstrip(".,;:!?'")
    rest = address[len(stripped) :]
    body = re.sub(r"^(?:[a-z]{3,5}://)?(?:www\.)?", "", stripped)
    if "/" in body and body.index("/") == len(body) - 1:
        body = body[:-1]
    names = _ZH if chinese else _EN
    parts, after_dot = [], False
    for token in _TOKEN.findall(body):
        if token.isdigit():
            parts.append(digits(token))
        elif token in names:
            parts.append(names[token])
        elif token.isalpha():
            parts.append(_extension(token) if after_dot else token)
        after_dot = token == "."
    return _joined(parts, chinese), rest


def _extension(name: str) -> str:
    """``pdf`` → ``P D F``; ``com`` and ``json`` are words."""
    if name.lower() in _WORDLIKE or not re.fullmatch(_FILES, name):
        return name
    return " ".join(name.upper())


def _joined(parts: list[str], chinese: bool) -> str:
    if not chinese:
        return " ".join(parts)
    out = ""
    for part in parts:
        out += (" " if out and out[-1].isascii() and part[0].isascii() else "") + part
    return out


def hashtag(tag: str) -> str:
    """``#ThrowBackThursday_2024`` → words and digits, apart."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])", " ", tag.lstrip("#"))
    return words.replace("_", " ").strip()
