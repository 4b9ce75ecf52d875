"""Evaluate dialogue models: ``python -m aigc_core.evaluation dialogues chat-gpt-en --data dialogue.jsonl.xz`` prints a
JSON line per row.

- ``reply_perplexity``: exp of the mean −log p per token of the true replies of the val split; ``reply_bits_per_byte`` is
  the same in a unit that models with other tokenizers share.
- ``hits_at_1``: how often the true reply scores above nine drawn from other conversations (chance: 0.1), for several
  weights of :func:`aigc_core.sampling.text.rerank.fitness`; small models only.
- ``distinct_1``, ``distinct_2``: different words and word pairs over all, in the replies to the same val turns (Li et al.
  2016, arXiv 1510.03055); ``mean_words`` their length.
- Row ``retrieval``: the reply that followed the most similar train utterance, by TF-IDF cosine.

``--read`` prints the replies to thirty turns that were fixed before any model was trained. ``--language zh``, with
``dialogue_zh.jsonl.xz``: Chinese, whose characters count as words; retrieval compares pairs of them.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from aigc_core import registry, terminal
from aigc_core.datasets import dialogues, dialogues_zh
from aigc_core.datasets.dialogues import Dialogue
from aigc_core.engine import drain
from aigc_core.nlp.sentences import CJK
from aigc_core.sampling.text.rerank import fitness
from aigc_core.tasks.chat import ChatRequest
from aigc_core.tasks.fields import Message
from aigc_core.types import Local, ModelSpec

QUESTIONS = (
    "Hello! How are you today?", "What do you like to do for fun?", "Do you have any pets?",
    "What kind of music do you like?", "What is your favorite movie?", "What do you do for a living?",
    "Where are you from?", "I just moved to a new city and I don't know anyone.", "What did you have for breakfast?",
    "Do you like sports?", "I love dogs. I have two of them.", "What's your favorite food?",
    "Have you ever been to Europe?", "I'm feeling sad today.", "Can you tell me a joke?", "Are you a robot?",
    "What are your plans for the weekend?", "My birthday is tomorrow!", "Do you like to read books?",
    "Thank you for talking with me. Goodbye!",
)  # fmt: skip
QUESTIONS_ZH = (
    "你好！今天过得怎么样？", "你平时喜欢做什么？", "你养宠物吗？", "你喜欢听什么音乐？", "你最喜欢哪部电影？",
    "你是做什么工作的？", "你是哪里人？", "我刚搬到一个新城市，谁也不认识。", "你早饭吃了什么？", "你喜欢运动吗？",
    "我很喜欢狗，家里养了两只。", "你最爱吃什么？", "你去过欧洲吗？", "我今天心情不太好。", "给我讲个笑话吧。",
    "你是机器人吗？", "周末你有什么打算？", "明天是我的生日！", "你喜欢看书吗？", "谢谢你陪我聊天，再见！",
)  # fmt: skip
EVERYDAY = ("synthetic-persona-chat", "xpersona-zh")
"""Sources whose val conversations give the last ten of the thirty turns."""
WEIGHTS = (0.0, 0.3, 0.5, 0.7, 1.0)
RIVALS = 9
Turn = tuple[tuple[str, ...], str]
"""The conversation so far, the user's message last, and the true reply."""
Answer = Callable[[Sequence[str], int], str]


def turns(talks: Sequence[Dialogue], count: int, seed: int = 0, context: int = 3) -> list[Turn]:
    """``count`` turns, each of another conversation, with up to ``context`` turns before."""
    rng = np.random.default_rng(seed)
    found = []
    for i in rng.permutation(len(talks))[:count]:
        said = talks[i].turns
        at = int(rng.integers(1, len(said)))
        found.append((said[max(0, at - context) : at], said[at]))
    return found


def request(said: Sequence[str], seed: int, **fields: Any) -> ChatRequest:
    """The request for the reply to the last of ``said``."""
    roles = ("user", "assistant") if len(said) % 2 else ("assistant", "user")
    history = [Message(role=roles[i % 2], content=text) for i, text in enumerate(said[:-1])]  # type: ignore[arg-type]
    return ChatRequest(message=said[-1], history=tuple(history), seed=seed, **fields)


class Retrieval:
    """Replies of the train split, found by what was said before them: cosine of TF-IDF vectors."""

    def __init__(self, talks: Iterable[Dialogue]) -> None:
        pairs = [pair for talk in talks for pair in zip(talk.turns, talk.turns[1:], strict=False)]
        self._replies = [reply for _, reply in pairs]
        bags = [Counter(_terms(said)) for said, _ in pairs]
        seen = Counter(word for bag in bags for word in bag)
        self._idf = {word: math.log(len(bags) / count) for word, count in seen.items()}
        postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for i, bag in enumerate(bags):
            for word, value in self._vector(bag).items():
                postings[word].append((i, value))
        self._postings = {word: (np.array([i for i, _ in p]), np.array([v for _, v in p])) for word, p in postings.items()}  # fmt: skip

    def _vector(self, bag: Counter[str]) -> dict[str, float]:
        weights = {word: count * self._idf.get(word, 0.0) for word, count in bag.items()}
        norm = math.sqrt(sum(value**2 for value in weights.values()))
        return {word: value / norm for word, value in weights.items()} if norm else {}

    def __call__(self, said: Sequence[str], seed: int = 0) -> str:
        """The reply to the most similar utterance, the first of equals."""
        scores = np.zeros(len(self._replies))
        for word, value in self._vector(Counter(_terms(said[-1]))).items():
            if word in self._postings:
                rows, values = self._postings[word]
                scores[rows] += value * values
        return self._replies[int(scores.argmax())]


def _words(text: str) -> list[str]:
    """English words and Chinese characters."""
    return re.findall(rf"[a-z0-9']+|[{CJK}]", text.lower())


def _terms(text: str) -> list[str]:
    """The features by which utterances are compared: English words, Chinese characters and pairs of them."""
    words = _words(text)
    return words + [a + b for a, b in itertools.pairwise(words) if re.match(f"[{CJK}]{{2}}", a + b)]


def diversity(replies: Sequence[str]) -> dict[str, float]:
    """distinct-1, distinct-2, mean length in words, and the share of different replies."""
    tokens = [_words(reply) for reply in replies]
    unigrams = [word for words in tokens for word in words]
    bigrams = [pair for words in tokens for pair in itertools.pairwise(words)]
    return {
        "distinct_1": len(set(unigrams)) / max(1, len(unigrams)),
        "distinct_2": len(set(bigrams)) / max(1, len(bigrams)),
        "mean_words": len(unigrams) / max(1, len(replies)),
        "different_replies": len(set(replies)) / max(1, len(replies)),
    }


def likelihoods(lm: Any, cases: Sequence[Turn], ranked: int) -> dict[str, Any]:
    """Perplexity of the true replies, and for the first ``ranked`` turns how often they win against others' replies."""
    from aigc_core.pipelines.text.reranked_chat import log_likelihood

    end = next(i for i in (lm.tokenizer.eos_token_id,) if i is not None)
    encoded = [(_prompt(lm, said), [*lm.plain.ids(reply), end]) for said, reply in cases]
    given = [log_likelihood(lm, prompt, reply) for prompt, reply in encoded]
    tokens = sum(len(reply) for _, reply in encoded)
    size = sum(len(reply.encode()) + 1 for _, reply in cases)
    figures: dict[str, Any] = {
        "turns": len(cases),
        "reply_perplexity": math.exp(-sum(given) / tokens),
        "reply_bits_per_byte": -sum(given) / math.log(2) / size,
    }
    wins = dict.fromkeys(WEIGHTS, 0)
    alone = [log_likelihood(lm, prompt[-1:], reply) for prompt, reply in encoded[: ranked + RIVALS]]
    for i in range(min(ranked, len(encoded) - RIVALS)):
        prompt, _ = encoded[i]
        rivals = [encoded[j][1] for j in range(i, i + RIVALS + 1)]
        with_prompt = [log_likelihood(lm, prompt, reply) for reply in rivals]
        for weight in WEIGHTS:
            scores = [fitness(g, alone[i + j], len(rivals[j]), weight) for j, g in enumerate(with_prompt)]
            wins[weight] += max(scores) == scores[0]
    if ranked:
        figures["hits_at_1"] = {str(weight): round(count / ranked, 3) for weight, count in wins.items()}
    return figures


def _prompt(lm: Any, said: Sequence[str]) -> list[int]:
    """Ids of the conversation up to where the reply begins, without a system prompt."""
    asked = request(said, 0)
    given = [{"role": m.role, "content": m.content} for m in asked.history]
    ids: list[int] = lm.prompt([*given, {"role": "user", "content": asked.message}]).ids
    return ids


def row(name: str, language: str = "en") -> ModelSpec:
    """A registry row, or for a checkpoint folder the row of ours with that folder's weights."""
    if Path(name).is_dir():
        from aigc_core.catalog.chat import CHAT_GPT_EN, CHAT_GPT_ZH

        return replace(CHAT_GPT_ZH if language == "zh" else CHAT_GPT_EN, source=Local(folder=Path(name)))
    return registry.find(name, "chat")


def load(spec: ModelSpec) -> tuple[Any, Any]:
    """A row's pipeline and its language model, weights fetched."""
    from aigc_core import weights

    def finish(events: Any) -> Any:
        try:
            while True:
                next(events)
        except StopIteration as done:
            return done.value

    pipeline: Any = registry.build(spec, finish(weights.ensure(spec.source)))
    return pipeline, finish(pipeline._model.get())


def fixed_prompts(talks: Sequence[Dialogue]) -> list[Turn]:
    """The turns whose replies are read: twenty questions, then ten turns from val conversations with what went before."""
    personal = [talk for talk in talks if talk.source in EVERYDAY]
    chinese = any(talk.source == "xpersona-zh" for talk in personal)
    return [((question,), "") for question in (QUESTIONS_ZH if chinese else QUESTIONS)] + turns(personal, 10, seed=1)


def evaluate(spec: ModelSpec, talks: Sequence[Dialogue], args: argparse.Namespace) -> dict[str, Any]:
    """One row's figures."""
    pipeline, lm = load(spec)
    ours = (spec.parameters or 0) < 50_000_000
    figures = likelihoods(lm, turns(talks, args.turns), args.turns // 2 if ours else 0)
    fields = {key: value for key, value in vars(args).items() if key in ("temperature", "candidates") and value is not None}  # fmt: skip

    def answer(said: Sequence[str], seed: int) -> str:
        text: str = drain(pipeline.stream(request(said, seed, max_new_tokens=60, **fields))).output.text
        return text

    return {"model": spec.name, **_rounded(figures), **_reply_statistics(answer, talks, args)}


def _reply_statistics(answer: Answer, talks: Sequence[Dialogue], args: argparse.Namespace) -> dict[str, Any]:
    """Diversity of the replies to turns of the validation split, and the replies to the fixed prompts if asked for."""
    replies = [answer(said, i) for i, (said, _) in enumerate(turns(talks, args.replies))]
    figures: dict[str, Any] = {"replies": len(replies), **_rounded(diversity(replies))}
    if args.read:
        figures["read"] = [{"said": list(said), "reply": answer(said, 0)} for said, _ in fixed_prompts(talks)]
    return figures


def _rounded(figures: dict[str, Any]) -> dict[str, Any]:
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in figures.items()}


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.evaluation dialogues", description=__doc__)
    parser.add_argument("models", nargs="+", help="registry names, checkpoint folders, or 'retrieval'")
    parser.add_argument("--data", type=Path, required=True, help="dialogue.jsonl.xz or dialogue_zh.jsonl.xz")
    parser.add_argument("--language", choices=("en", "zh"), default="en")
    parser.add_argument("--turns", type=int, default=200, help="val turns for the likelihoods")
    parser.add_argument("--replies", type=int, default=100, help="val turns that are answered")
    parser.add_argument("--temperature", type=float, help="the request's default when not given")
    parser.add_argument("--candidates", type=int, help="the row's default when not given")
    parser.add_argument("--read", action="store_true", help="also the replies to the thirty fixed turns")
    args = parser.parse_args(argv)
    read = dialogues_zh.read if args.language == "zh" else dialogues.read
    talks = read(args.data, "val")
    for name in args.models:
        if name == "retrieval":
            found = Retrieval(read(args.data, "train"))
            figures = {"model": name, **_reply_statistics(found, talks, args)}
        else:
            figures = evaluate(row(name, args.language), talks, args)
        sys.stdout.write(json.dumps(figures, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(terminal.guarded(main))
