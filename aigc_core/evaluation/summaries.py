"""ROUGE and faithfulness of summaries: ``python -m aigc_core.evaluation summaries MODEL… --data summarization.jsonl.xz``.

ROUGE is :mod:`aigc_core.metrics.rouge`'s. Beside the models stand sentences taken as they are: Lead-1, Lead-3, TextRank-1, the first 12 words,
and the sentence that has the best ROUGE-L (which needs the reference: what taking a sentence could reach at most). Chinese is
compared by characters: ``--data summarization_zh.jsonl.xz --characters``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from aigc_core.catalog.summarize import SUMMARIZE_POINTER_ZH
from aigc_core.datasets import corpus
from aigc_core.metrics.rouge import Rouge, characters, ngrams, rouge, words
from aigc_core.nlp.grounding import Source
from aigc_core.nlp.sentences import split
from aigc_core.pipelines.text.extractive import select
from aigc_core.pipelines.text.pointer_summary import PointerSummary

Units = Callable[[str], list[str]]


def copied(candidate: str, source: str, n: int, units: Units = words) -> float | None:
    """Share of the candidate's n-grams that the source has; None when it has none."""
    own, given = ngrams(units(candidate), n), ngrams(units(source), n)
    return sum(count for g, count in own.items() if g in given) / own.total() if own else None


def baselines(units: Units = words) -> dict[str, Callable[[str, str], str]]:
    """Summaries without a model, ``(document, reference) -> summary``."""
    beginning: dict[str, Callable[[str, str], str]] = {
        "first-12-words": lambda document, _: " ".join(document.split()[:12]),
        "first-16-characters": lambda document, _: document[:16],
    }
    name = "first-12-words" if units is words else "first-16-characters"
    return {
        "lead-1": lambda document, _: "".join(split(document)[:1]),
        "lead-3": lambda document, _: "".join(split(document)[:3]),
        "textrank-1": lambda document, _: "".join(select(split(document), 1)),
        name: beginning[name],
        "oracle-sentence": lambda document, reference: max(
            split(document), key=lambda s: rouge(s, reference, units).rougeL
        ),
    }


def scores(
    pairs: Sequence[tuple[str, str]], write: Callable[[str, str], str], units: Units = words
) -> dict[str, float]:
    """Means over (document, reference) pairs; shares in per cent.

    ``unsupported``: summaries with a number or name that the document lacks (:mod:`aigc_core.nlp.grounding`).
    """
    found: list[Rouge] = []
    shares: dict[int, list[float]] = {1: [], 2: [], 3: []}
    lengths, unsupported = 0, 0
    for document, reference in pairs:
        summary = write(document, reference)
        found.append(rouge(summary, reference, units))
        lengths += len(units(summary))
        for n, values in shares.items():
            if (share := copied(summary, document, n, units)) is not None:
                values.append(share)
        unsupported += any(_numbers(s.unsupported) for s in Source(document).summary([summary]).sentences)
    means = {name: round(100 * sum(getattr(r, name) for r in found) / len(found), 2) for name in Rouge._fields}
    copies = {f"copied_{n}grams": round(100 * sum(v) / max(1, len(v)), 1) for n, v in shares.items()}
    return {
        **means,
        **copies,
        "unsupported_numbers": round(100 * unsupported / len(pairs), 1),
        units.__name__: round(lengths / len(pairs), 1),
    }


def _numbers(facts: Sequence[str]) -> list[str]:
    return [fact for fact in facts if any(c.isdigit() for c in fact)]


def model(name: str) -> Callable[[str, str], str]:
    """A registry row, or a checkpoint folder of the Chinese pointer-generator, asked for one sentence."""
    from aigc_core.engine import Engine, drain
    from aigc_core.tasks.summarize import SummarizeRequest

    if Path(name).is_dir():
        pipeline = PointerSummary(SUMMARIZE_POINTER_ZH, [Path(name)])
        return lambda document, _: (
            drain(pipeline.stream(SummarizeRequest(text=document[:20_000], max_sentences=1))).output.text
        )
    engine = Engine()

    def write(document: str, _: str) -> str:
        text: str = drain(engine.run(SummarizeRequest(text=document, model=name, max_sentences=1))).output.text
        return text

    return write


def rows(names: Sequence[str], pairs: Sequence[tuple[str, str]], units: Units = words) -> Iterator[dict[str, object]]:
    """One row of figures for each baseline and model."""
    for name, write in {**baselines(units), **{name: model(name) for name in names}}.items():
        yield {"model": name, "documents": len(pairs), **scores(pairs, write, units)}


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.evaluation summaries", description=__doc__)
    parser.add_argument("models", nargs="*", help="registry names")
    parser.add_argument("--data", type=Path, required=True, help="summarization.jsonl.xz")
    parser.add_argument("--split", default="val")
    parser.add_argument(
        "--every", type=int, default=1, help="only every so many-th document; the sources stand in blocks"
    )
    parser.add_argument("--characters", action="store_true", help="count characters, not words")
    args = parser.parse_args(argv)
    pairs = [(r["document"], r["summary"]) for r in corpus.records(args.data, args.split)][:: args.every]
    for row in rows(args.models, pairs, characters if args.characters else words):
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()
    return 0
