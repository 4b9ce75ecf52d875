"""Decoding at batch 1, in turn in one run: our decoder against transformers' ``generate`` in float32 on the same weights,
and ours with speculative decoding against ours without.

    python -m benchmarks.text [MODEL…] [--tokens 64] [--rounds 5]

A line a model: seconds to the first token (prompt of about 64 tokens, loaded) and tokens a second after it, median of the
rounds, ours, theirs, and the ratio (above 1: ours is faster). Below it, on and off: tokens a second greedily, drawn
(temperature 0.8, top-p 0.95), and drawn with the tab's repetition penalty, the prompts one after another, and the share of drafts
that stood. Then all as one JSON line. Our figures include what the tab shows: the ten likeliest alternatives of every token.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from aigc_core import registry, weights
from aigc_core.pipelines.text import causal_lm_loading as loading
from aigc_core.pipelines.text import decoding
from aigc_core.sampling.text.tokens import Sampling

PROMPT = "The lighthouse keeper climbed the stairs every night, until one night the light" * 4
ORDINARY = (
    "Once upon a time there was a small fox who wanted to see the sea. One day",
    '"Where did you hide the letter?" asked Anna.\n"I did not hide any letter," said Tom.\n',
    "Grandmother's apple cake\n\nIngredients:\n- 3 apples\n- ",
)
"""A story, a dialogue and a list."""
MODELS = ("text-gpt-en", "text-smollm2-135m")
DRAWN = Sampling(temperature=0.8, top_k=50, top_p=0.95)
WAYS = {"greedy": Sampling(temperature=0), "drawn": DRAWN, "penalty 1.1": replace(DRAWN, repetition_penalty=1.1)}
Round = Callable[[], tuple[float, float]]
"""Seconds to the first token, tokens a second after it."""


def drained(steps: Any) -> Any:
    """What a generator returns."""
    try:
        while True:
            next(steps)
    except StopIteration as done:
        return done.value


def ours(model: str, tokens: int) -> Round:
    """Through :class:`CausalLM`, as the tab does it."""
    spec = registry.find(model)
    lm = drained(loading.load(spec, drained(weights.ensure(spec.source))))
    ids = lm.encode(PROMPT)

    def round_() -> tuple[float, float]:
        times = [time.perf_counter()]
        lm._ends.clear()  # as many tokens as asked for, as on the other side
        for step in lm.generate(ids, Sampling(temperature=0), max_new_tokens=tokens):
            if step.token is not None:
                times.append(time.perf_counter())
        return times[1] - times[0], (len(times) - 2) / (times[-1] - times[1])

    return round_


def theirs(model: str, tokens: int) -> Round:
    """The same through transformers in float32."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    spec = registry.find(model)
    folder = str(loading._readable(spec, drained(weights.ensure(spec.source))[0]))
    network = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    ids = AutoTokenizer.from_pretrained(folder)(PROMPT, return_tensors="pt")
    ids.pop("token_type_ids", None)

    def round_() -> tuple[float, float]:
        start = time.perf_counter()
        network.generate(**ids, do_sample=False, max_new_tokens=1, min_new_tokens=1)
        first = time.perf_counter()
        network.generate(**ids, do_sample=False, max_new_tokens=tokens, min_new_tokens=tokens)
        rest = time.perf_counter() - first - (first - start)
        return first - start, (tokens - 1) / rest

    return round_


def speculative(model: str, tokens: int, rounds: int) -> list[dict[str, Any]]:
    """With drafts and without, in turn, on the same prompts and seeds; one row a way of drawing."""
    spec = registry.find(model)
    lm = drained(loading.load(spec, drained(weights.ensure(spec.source))))
    prompts = [lm.encode(text) for text in ORDINARY]
    rows = []
    for way, sampling in WAYS.items():
        seconds: dict[bool, float] = {False: 0.0, True: 0.0}
        drawn: dict[bool, int] = {False: 0, True: 0}
        offered = kept = 0.0
        for seed in range(rounds):
            for ids in prompts:
                for drafted in (False, True):
                    decoder = (decoding.Drafted if drafted else decoding.Plain)(lm.network)
                    steps = lm.generate(ids, sampling, max_new_tokens=tokens, seed=seed, decoder=decoder)
                    times = [time.perf_counter() for step in steps if step.token is not None]
                    seconds[drafted] += times[-1] - times[0]
                    drawn[drafted] += len(times) - 1
                    facts = decoder.facts()
                    offered += facts.get("drafted_tokens", 0)
                    kept += facts.get("drafted_tokens", 0) * facts.get("draft_acceptance", 0)
        off, on = (drawn[side] / seconds[side] for side in (False, True))
        rows.append({
            "model": model, "drawing": way, "tokens_per_s": {"off": round(off, 1), "on": round(on, 1)},
            "speculative_ratio": round(on / off, 2), "draft_acceptance": round(kept / max(1, offered), 2),
        })  # fmt: skip
    return rows


def compare(model: str, tokens: int, rounds: int) -> dict[str, Any]:
    """Medians of both sides after one round to warm up."""
    sides = {"ours": ours(model, tokens), "theirs": theirs(model, tokens)}
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for i in range(rounds + 1):
        for name, round_ in sides.items():
            measured = round_()
            if i:
                seen[name].append(measured)
    first, rate = ({name: statistics.median(m[k] for m in ms) for name, ms in seen.items()} for k in (0, 1))
    return {
        "model": model,
        "first_token_s": {name: round(value, 4) for name, value in first.items()},
        "tokens_per_s": {name: round(value, 1) for name, value in rate.items()},
        "first_token_ratio": round(first["theirs"] / first["ours"], 2),
        "decode_ratio": round(rate["ours"] / rate["theirs"], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("models", nargs="*", default=MODELS)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    rows = [compare(model, args.tokens, args.rounds) for model in args.models]
    drafted = [row for model in args.models for row in speculative(model, args.tokens, args.rounds)]
    for row in rows:
        first, rate = row["first_token_s"], row["tokens_per_s"]
        print(
            f"{row['model']:<20} first token {first['ours']:.3f} s against {first['theirs']:.3f} s ({row['first_token_ratio']:.2f}×)   "
            f"{rate['ours']:.1f} against {rate['theirs']:.1f} tok/s ({row['decode_ratio']:.2f}×)"
        )
    for row in drafted:
        rate = row["tokens_per_s"]
        print(
            f"{row['model']:<20} speculative, {row['drawing']:<12} {rate['on']:.1f} against {rate['off']:.1f} tok/s "
            f"({row['speculative_ratio']:.2f}×), {row['draft_acceptance']:.0%} of drafts stood"
        )
    print(json.dumps([*rows, *drafted]))


if __name__ == "__main__":
    main()
