"""Summaries made of the source's own sentences: Lead-k and TextRank. No learned weights, numpy only.

TextRank: Mihalcea and Tarau, "TextRank: Bringing Order into Texts" (EMNLP 2004, W04-3252). Sentences are the nodes of a
graph; the weight between two of them is their overlap (section 4.1)::

    w_ij = |S_i ∩ S_j| / (log |S_i| + log |S_j|)

and the rank is the fixed point of the weighted PageRank (equation 2, damping d = 0.85)::

    WS(V_i) = (1 - d) + d · Σ_j  w_ji / Σ_k w_jk · WS(V_j)

Differences from the paper: terms are content words, for Chinese bigrams of characters, instead of all tagged words, and
headings (fewer than ``MIN_TERMS`` terms) are left out of the graph. Sentences are of bounded length and number
(:mod:`aigc_core.nlp.clauses`), so the graph is.

Shapes: N sentences, T distinct terms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aigc_core.nlp.grounding import Source, compression
from aigc_core.nlp.sentences import tokens
from aigc_core.tasks.summarize import SummarizeRequest, Summary
from aigc_core.types import Events, ModelSpec, Progress, Result

DAMPING = 0.85
TOLERANCE = 1e-4
"""Largest change of any score at which the iteration stops (section 2.2)."""
MAX_ITERATIONS = 100
MIN_TERMS = 3
Array = NDArray[np.float64]


class Lead:
    """The first k sentences: hard to beat on news, which puts the point first."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        del spec, folders

    def stream(self, request: SummarizeRequest) -> Events:
        """Yield after each sentence taken."""
        source = Source(request.text)
        taken = [i for i, s in enumerate(source.sentences) if len(tokens(s)) >= MIN_TERMS][: request.max_sentences]
        taken = taken or list(range(len(source.sentences)))[: request.max_sentences]
        for n in range(1, len(taken) + 1):
            yield Progress(step=n, total=len(taken), preview=_extract(source, taken[:n]))
        yield _result(source, taken, request.max_sentences)


class TextRank:
    """The k sentences that share most with the others, in the source's order."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        del spec, folders

    def stream(self, request: SummarizeRequest) -> Events:
        """Yield after each iteration, with the sentences that lead at that moment."""
        source = Source(request.text)
        terms = [set(tokens(s)) for s in source.sentences]
        scores = np.zeros(len(terms))
        steps = 0
        for steps, scores in enumerate(pagerank(similarity(terms)), 1):
            yield Progress(step=steps, preview=_extract(source, top(scores, terms, request.max_sentences)))
        taken = top(scores, terms, request.max_sentences)
        yield _result(
            source, taken, request.max_sentences, iterations=steps, scores=[round(float(scores[i]), 4) for i in taken]
        )


def select(sentences: Sequence[str], k: int) -> list[str]:
    """The k best-ranked of ``sentences``, in their original order."""
    terms = [set(tokens(s)) for s in sentences]
    *_, scores = pagerank(similarity(terms))
    return [sentences[i] for i in top(scores, terms, k)]


def similarity(terms: Sequence[set[str]]) -> Array:
    """Overlap of every two sentences, normalised by their lengths; (N, N), symmetric, zero diagonal."""
    columns = {term: i for i, term in enumerate(sorted(set().union(*terms)))} if terms else {}
    has = np.zeros((len(terms), len(columns)), np.float32)
    for row, sentence in enumerate(terms):
        if len(sentence) >= MIN_TERMS:
            has[row, [columns[term] for term in sentence]] = 1.0
    shared = (has @ has.T).astype(np.float64)  # (N, N)
    lengths = np.log(np.maximum([len(t) for t in terms], 2.0))  # (N,)
    weights = np.asarray(shared / (lengths[:, None] + lengths[None, :]), dtype=np.float64)
    np.fill_diagonal(weights, 0.0)
    return weights


def pagerank(weights: Array) -> Iterator[Array]:
    """Scores of the nodes after each iteration, (N,), until none changes by more than ``TOLERANCE``.

    Args:
        weights: Symmetric, non-negative, (N, N). A node without edges keeps the score 1 - d.
    """
    totals = weights.sum(axis=1)  # (N,) Σ_k w_jk
    passed = weights / np.where(totals > 0, totals, 1.0)[:, None]  # row j: the shares that V_j gives away
    scores = np.ones(len(weights))
    for _ in range(MAX_ITERATIONS):
        updated = (1 - DAMPING) + DAMPING * passed.T @ scores
        change = float(np.abs(updated - scores).max(initial=0.0))
        scores = updated
        yield scores
        if change <= TOLERANCE:
            return


def top(scores: Array, terms: Sequence[set[str]], k: int) -> list[int]:
    """The k best-scored sentences in the source's order; one with the very terms of a better one is passed over."""
    chosen: list[int] = []
    for i in np.argsort(-np.round(scores, 9), kind="stable"):
        if len(chosen) < k and not any(terms[i] == terms[j] and terms[i] for j in chosen):
            chosen.append(int(i))
    return sorted(chosen)


def _extract(source: Source, taken: Sequence[int]) -> Summary:
    return source.summary([source.sentences[i] for i in taken])


def _result(source: Source, taken: Sequence[int], most: int, **info: object) -> Result:
    summary = source.no_longer(_extract(source, taken), most)
    facts = {**source.facts(), "compression": round(compression(summary, source.text), 3)}
    return Result(output=summary, info={**facts, **info})
