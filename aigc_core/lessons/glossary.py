"""The field's terms in both languages, a YAML file a topic."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from aigc_core.lessons.words import Words

FOLDER = Path(__file__).parent / "glossary"
_KEYS = {"term", "en", "zh", "about", "about_zh"}


class GlossaryError(ValueError):
    """An entry is not ``{term, en, zh, about, about_zh}``, or stands there twice."""


@dataclass(frozen=True, kw_only=True)
class Term:
    """An entry of the glossary."""

    key: str
    """Name used in links: ``elbo``."""
    name: Words
    about: Words
    topic: str
    """The name of its file."""


@cache
def terms(folder: Path = FOLDER) -> dict[str, Term]:
    """All entries by key, ordered by their English names.

    Raises:
        GlossaryError: an entry is not written as they are.
    """
    found: dict[str, Term] = {}
    for file in sorted(folder.glob("*.yaml")):
        for entry in yaml.safe_load(file.read_text("utf-8")) or ():
            term = _term(entry, file.stem)
            if term.key in found:
                raise GlossaryError(f"{term.key} stands in {found[term.key].topic}.yaml and in {file.name}")
            found[term.key] = term
    return dict(sorted(found.items(), key=lambda item: item[1].name.en.lower()))


def _term(entry: object, topic: str) -> Term:
    if not isinstance(entry, dict) or set(entry) != _KEYS or not all(isinstance(v, str) for v in entry.values()):
        raise GlossaryError(f"{topic}.yaml: an entry has the texts {', '.join(sorted(_KEYS))}; got {entry!r:.120}")
    about = Words(entry["about"].strip(), entry["about_zh"].strip())
    return Term(key=entry["term"], name=Words(entry["en"], entry["zh"]), about=about, topic=topic)
