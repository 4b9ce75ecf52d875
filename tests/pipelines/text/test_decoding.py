"""Ways to decode: drafts leave the text as it is, contrastive search does what its equation says."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tiny_text import WORDS, causal_lm
from torch import Tensor
from torch.nn import functional as F

from aigc_core import registry, runtime
from aigc_core.engine import drain
from aigc_core.errors import InvalidRequestError
from aigc_core.models import llama
from aigc_core.models.llama import Llama, LlamaConfig
from aigc_core.pipelines.text import decoding
from aigc_core.pipelines.text.continuation import Continuation
from aigc_core.sampling.text.tokens import Sampling
from aigc_core.sampling.text.watermark import GreenList
from aigc_core.tasks.continue_text import ContinueTextRequest
from aigc_core.types import Local

VOCABULARY, LENGTH = 24, 80
PROMPT = [3, 5, 7, 9, 3, 5, 7, 11, 3, 5]


@pytest.fixture(scope="module")
def reference() -> Any:
    """A random network of transformers, its weights representable in float16."""
    runtime.torchaudio()
    import transformers

    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=8, max_position_embeddings=LENGTH, initializer_range=0.3,
    )  # fmt: skip
    return transformers.LlamaForCausalLM(config).half().float().eval()


@pytest.fixture
def network(reference: Any, monkeypatch: pytest.MonkeyPatch) -> Llama:
    """The same as ours; single rows in float32, too, so that reading by one and by several tokens agree."""

    def product(x: Tensor, weight: Tensor, bias: Tensor | None = None, *, scaled: bool = True) -> Tensor:
        return F.linear(x, weight.float(), bias)

    monkeypatch.setattr(llama, "_product", product)
    return Llama(LlamaConfig.from_json(reference.config.to_dict()), reference.state_dict(), torch.device("cpu"))


@torch.inference_mode()
def decode(decoder: decoding.Plain, sampling: Sampling, seed: int, count: int, prompt: list[int] = PROMPT) -> list[int]:
    assert list(decoder.open(prompt, len(prompt) + count))[-1] == len(prompt)
    generator, ids = torch.Generator().manual_seed(seed), list(prompt)
    for left in range(count - 1, -1, -1):
        ids.append(decoder.choose(sampling, set(ids[len(prompt) :]), generator, ids[-1]))
        if left:
            decoder.follow(ids[-1], left)
    return ids[len(prompt) :]


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(temperature=0),
        Sampling(temperature=0.5, top_k=8),
        Sampling(temperature=0.7, top_p=0.9, repetition_penalty=1.2),
        Sampling(temperature=0.6, typical_p=0.8, watermark=GreenList()),
    ],
)
def test_drafts_do_not_change_the_text(network: Llama, sampling: Sampling) -> None:
    kept = 0.0
    for seed in range(4):
        drafted = decoding.Drafted(network)
        assert decode(drafted, sampling, seed, 60) == decode(decoding.Plain(network), sampling, seed, 60)
        kept += drafted.facts().get("draft_acceptance", 0.0)
    assert kept > 0, "no draft ever stood"


P = torch.tensor([[0.6, 0.3, 0.1], [0.1, 0.1, 0.8], [0.3, 0.4, 0.3]])


class Chain:
    """In place of a network: the next token depends on the last alone."""

    def cache(self, length: int) -> Any:
        return SimpleNamespace(filled=0)

    def read(self, ids: Tensor, cache: Any) -> Tensor:
        cache.filled += len(ids)
        return P[ids].log()

    def logits(self, x: Tensor) -> Tensor:
        return x


def test_whole_texts_are_distributed_as_without_drafts() -> None:
    n, counts, offered = 4000, Counter[tuple[int, ...]](), 0
    prompt = [0, 0, 1, 0, 2, 2, 0, 1, 1, 2, 1, 0]  # every pair: there is always something to copy
    for seed in range(n):
        drafted: Any = decoding.Drafted(Chain())  # type: ignore[arg-type]
        counts[tuple(decode(drafted, Sampling(), seed, 3, prompt))] += 1
        offered += drafted.facts()["drafted_tokens"]
    assert offered > n / 2
    chi = 0.0
    for text in itertools.product(range(3), repeat=3):
        p = float(P[0, text[0]] * P[text[0], text[1]] * P[text[1], text[2]])
        chi += (counts[text] - n * p) ** 2 / (n * p)
    assert chi < 54.1, "the 99.9 % point of χ² with 26 degrees of freedom"


@torch.inference_mode()
def by_definition(reference: Any, alpha: float, k: int, count: int) -> list[int]:
    """Contrastive search with a full pass for every candidate."""
    ids = list(PROMPT)
    for _ in range(count):
        whole = reference(torch.tensor([ids]), output_hidden_states=True)
        p, candidates = torch.topk(whole.logits[0, -1].softmax(-1), k)
        scores = []
        for likely, candidate in zip(p, candidates, strict=True):
            tried = reference(torch.tensor([[*ids, int(candidate)]]), output_hidden_states=True).hidden_states[-1][0]
            likeness = F.cosine_similarity(tried[-1:], tried[:-1], dim=-1).max()
            scores.append(float((1 - alpha) * likely - alpha * likeness))
        ids.append(int(candidates[scores.index(max(scores))]))
    return ids[len(PROMPT) :]


@pytest.mark.parametrize(("alpha", "k"), [(0.6, 4), (0.2, 8)])
def test_contrastive_search_is_its_definition(network: Llama, reference: Any, alpha: float, k: int) -> None:
    ours = decode(decoding.Contrastive(network, alpha, k), Sampling(top_k=k), 0, 16)
    assert ours == by_definition(reference, alpha, k, 16)
    assert ours != decode(decoding.Plain(network), Sampling(temperature=0), 0, 16)


def test_contrastive_search_repeats_less_than_greedy_decoding(network: Llama) -> None:
    greedy = decode(decoding.Plain(network), Sampling(temperature=0), 0, 60)
    found = decode(decoding.Contrastive(network, 0.6, 6), Sampling(top_k=6), 0, 60)
    assert len(set(itertools.pairwise(found))) > len(set(itertools.pairwise(greedy)))


def test_requests_reach_them_and_the_result_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    causal_lm("Llama")(tmp_path)
    monkeypatch.setattr(llama, "_product", lambda x, weight, bias=None, *, scaled=True: F.linear(x, weight.float(), bias))  # fmt: skip
    pipeline = Continuation(replace(registry.find("text-smollm2-135m"), source=Local(folder=tmp_path)), [tmp_path])

    def ask(**values: Any) -> Any:
        request = ContinueTextRequest(prompt=WORDS, max_new_tokens=60, repetition_penalty=1.0, **values)
        return drain(pipeline.stream(request))

    plain, drafted = ask(temperature=0.0), ask(temperature=0.0, speculative=True)
    assert drafted.output.text == plain.output.text
    assert [t.text for t in drafted.output.tokens] == [t.text for t in plain.output.tokens]
    assert drafted.info["drafted_tokens"] > 0 and "drafted_tokens" not in plain.info
    found = ask(penalty_alpha=0.6, top_k=4)
    assert found.info["contrastive_candidates"] == 4
    assert found.output == ask(penalty_alpha=0.6, top_k=4, seed=9).output, "nothing is drawn"
    assert "".join(token.text for token in found.output.tokens) == found.output.text


@pytest.mark.parametrize(("values", "message"), [
    ({"top_k": 0}, "top_k must be between 2 and 64 for contrastive search; got 0"),
    ({"top_k": 100}, "top_k must be between 2 and 64 for contrastive search; got 100"),
    ({"speculative": True}, "speculative cannot be combined with contrastive search .*got True"),
    ({"min_p": 0.1}, "min_p cannot be combined with contrastive search .*Set min_p to 0"),
    ({"typical_p": 0.5}, "typical_p cannot be combined with contrastive search"),
    ({"penalty_alpha": 1.5}, "penalty_alpha must be between 0 and 1; got 1.5"),
])  # fmt: skip
def test_what_excludes_each_other_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message) as caught:
        ContinueTextRequest(prompt="a", **{"penalty_alpha": 0.6, **values})
    assert caught.value.zh
