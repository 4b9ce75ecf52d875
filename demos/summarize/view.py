"""HTML of the Summaries tab: columns of summaries, and the source with the sentences they lean on. All text escaped."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass

from aigc_core import registry
from aigc_core.metrics.rouge import rouge
from aigc_core.nlp.clauses import pieces
from aigc_core.nlp.grounding import compression
from aigc_core.nlp.sentences import is_chinese
from aigc_core.tasks.summarize import Summary, SummarySentence
from demos.summarize import words as summary_words
from demos.ui import models
from demos.ui.i18n import Text, bilingual, both, both_text

STATES = {
    "waiting": Text("waiting", "等待"),
    "running": Text("writing…", "生成中…"),
    "done": Text("done", "完成"),
    "failed": Text("failed", "失败"),
}
STRANGER = Text("This model was not made for the language of the text.", "该模型不支持原文的语言，结果仅供参考。")
LEGEND = Text(
    "Point at a sentence, or press Tab and Enter, to see where it comes from. Wavy words with a question mark are numbers "
    "or names that the source does not contain: check them. A rounded or added-up figure is marked, too; a false sentence "
    "made of the source's own words is not.",
    "将指针移到句子上，或按 Tab 与回车，可查看出处。带波浪线和问号的是原文中没有的数字或名称，请核对。取整或相加得到的数字也会被标出；"
    "用原文词语拼成的错误句子则查不出来。",
)
_MARK = f'<mark class="sum-bad">{{}}<span class="sum-note">{both("not in the source", "原文没有")}</span></mark>'


@dataclass(frozen=True)
class Column:
    """One model's summary and how far it is."""

    model: str
    state: str = "waiting"
    summary: Summary | None = None
    seconds: float | None = None
    message: Text | None = None


def columns(shown: Iterable[Column], source: str, reference: str = "") -> str:
    """All columns side by side; they stack where there is no room. With a reference summary, their ROUGE."""
    return f'<div class="sum-columns">{"".join(_column(c, source, reference) for c in shown)}</div>'


def _column(column: Column, source: str, reference: str) -> str:
    spec = registry.find(column.model)
    title = html.escape(models.name_of(spec))
    facts = [f'<span class="sum-state">{both_text(*STATES[column.state])}</span>']
    if column.summary is not None and column.summary.sentences:
        facts.append(f"{compression(column.summary, source):.0%} {both('of the length', '篇幅')}")
    if column.seconds is not None:
        facts.append(f"{column.seconds:.2f} s")
    if reference.strip() and column.state == "done" and column.summary is not None:
        found = rouge(column.summary.text, reference)
        facts.append("ROUGE-1/2/L " + " / ".join(f"{100 * f1:.1f}" for f1 in found))
    language = "zh" if is_chinese(source) else "en"
    stranger = f'<p class="sum-flags">{both_text(*STRANGER)}</p>' if language not in spec.languages else ""
    written = column.summary.sentences if column.summary else ()
    sentences = "".join(_sentence(s, source) for s in written)
    failure = f'<p class="sum-failed" role="alert">{both_text(*column.message)}</p>' if column.message else ""
    return (
        f'<section class="sum-column" data-state="{column.state}" aria-label="{title}"><h3>{title}</h3><p class="sum-facts">{" · ".join(facts)}</p>'
        f'{stranger}{failure}<ol class="sum-text">{sentences}</ol>{summary_words.legend(written)}{_flags(column)}</section>'
    )


def _sentence(sentence: SummarySentence, text: str) -> str:
    words = bool(sentence.words)
    marked = summary_words.body(sentence, text) if words else _marked(sentence.text, sentence.unsupported)
    links = ",".join(map(str, sentence.sources))
    numbers = ", ".join(str(i + 1) for i in sentence.sources)
    label = both(f"from {numbers}", f"出自 {numbers}") if numbers else both("no close source", "无相近原句")
    return (
        f'<li><span class="sum-s" role="button" tabindex="0" aria-pressed="false" data-sources="{links}">{marked}</span>'
        f' <small class="sum-ref">{label}</small></li>'
    )


def _marked(text: str, facts: Iterable[str]) -> str:
    """``text`` escaped, the first occurrence of each fact marked that is not part of a longer word or number."""
    spans: list[tuple[int, int]] = []
    for fact in facts:
        boundary = r"(?<![\w.,])" if re.match(r"[A-Za-z0-9]", fact) else ""
        found = re.search(rf"{boundary}{re.escape(fact)}(?![A-Za-z0-9])", text)
        if found and not any(a < found.end() and found.start() < b for a, b in spans):
            spans.append(found.span())
    parts, place = [], 0
    for start, end in sorted(spans):
        parts += [html.escape(text[place:start]), _MARK.format(html.escape(text[start:end]))]
        place = end
    return "".join(parts) + html.escape(text[place:])


def _flags(column: Column) -> str:
    if column.state != "done" or column.summary is None:
        return ""
    facts = list(dict.fromkeys(fact for s in column.summary.sentences for fact in s.unsupported))
    if not facts:
        return f'<p class="sum-ok">{both("Every number and name occurs in the source.", "数字与名称均见于原文。")}</p>'
    listed = "、".join(map(html.escape, facts)), ", ".join(map(html.escape, facts))
    return f'<p class="sum-flags">{both(f"Not in the source: {listed[1]}", f"原文没有：{listed[0]}")}</p>'


def source(text: str) -> str:
    """The source, its sentences numbered from 1, white space kept."""
    parts, number = [], 0
    for piece in pieces(text).texts:
        if not piece.strip():
            parts.append(html.escape(piece))
            continue
        body = piece.strip()
        before, after = piece[: piece.index(body)], piece[piece.index(body) + len(body) :]
        parts.append(
            f'{before}<span class="src-s" data-i="{number}"><sup>{number + 1}</sup>{html.escape(body)}</span>{after}'
        )
        number += 1
    legend = f'<p class="sum-legend">{both_text(*LEGEND)}</p>'
    heading = f"<h3>{both(f'Source, {number} sentences', f'原文，共 {number} 句')}</h3>"
    label = bilingual("Source", "原文")
    return f'{legend}{heading}<div class="sum-source" tabindex="0" role="region" aria-label="{label}">{"".join(parts)}</div>'
