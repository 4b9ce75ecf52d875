"""Replies drawn several times (row chat-gpt-en), on a tiny network through the same loading path, and its training and evaluation."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch

from aigc_core import checkpoint
from aigc_core.catalog.chat import CHAT_GPT_EN
from aigc_core.datasets import dialogues
from aigc_core.datasets.dialogues import Dialogue
from aigc_core.engine import drain
from aigc_core.evaluation import dialogues as evaluation
from aigc_core.models.gpt import GPT, GPTConfig
from aigc_core.pipelines.text.reranked_chat import RerankedChat, log_likelihood, persona
from aigc_core.tasks.chat import ChatRequest, InspectReplyRequest
from aigc_core.tasks.fields import Message
from aigc_core.tokenizers import bpe
from aigc_core.training import chat_gpt
from aigc_core.types import Local, ModelSpec, Progress, Result

TEXT = "Hello! How are you today? I am fine. I like dogs and music. Do you have any pets? Yes, I have two cats."


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> ModelSpec:
    folder = tmp_path_factory.mktemp("tiny")
    tokenizer = bpe.train([TEXT] * 3, 290)
    torch.manual_seed(0)
    config = GPTConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=1, head_dim=16, max_position_embeddings=128,
    )  # fmt: skip
    network = GPT(config)
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(8)
    checkpoint.save(folder, network, config)
    bpe.save(tokenizer, folder, window=128, chat=True)
    return replace(CHAT_GPT_EN, source=Local(folder=folder))


@pytest.fixture(scope="module")
def loaded(spec: ModelSpec) -> tuple[RerankedChat, Any]:
    pipeline, lm = evaluation.load(spec)
    return pipeline, lm


def ask(**fields: Any) -> ChatRequest:
    return ChatRequest(message="Do you have any pets?", max_new_tokens=12, temperature=1.0, top_k=0, **fields)


@torch.inference_mode()
def test_the_best_of_the_candidates_is_kept_and_all_are_told(loaded: tuple[RerankedChat, Any]) -> None:
    pipeline, _ = loaded
    events = list(pipeline.stream(ask(candidates=4)))
    assert all(isinstance(event, Progress) for event in events[:-1])
    assert isinstance(events[-1], Result)
    reply = events[-1].output
    scores = [candidate.score for candidate in reply.candidates]
    assert len(scores) == 4
    assert scores == sorted(scores, reverse=True)
    assert reply.text == reply.candidates[0].text
    again = drain(pipeline.stream(ask(candidates=4))).output
    assert again == reply
    other = drain(pipeline.stream(ask(candidates=1, seed=2))).output
    assert other.text in {candidate.text for candidate in reply.candidates}, "candidate i is drawn with seed + i"


@torch.inference_mode()
def test_log_likelihood_is_that_of_the_training_network(spec: ModelSpec, loaded: tuple[RerankedChat, Any]) -> None:
    assert isinstance(spec.source, Local)
    network = checkpoint.load(spec.source.folder, GPT(checkpoint.load_config(spec.source.folder, GPTConfig)))
    ids = torch.tensor([[2, 40, 41, 0, 3, 50, 60, 0]])
    logp = network(ids[:, :-1]).log_softmax(-1)[0]
    expected = sum(float(logp[t - 1, ids[0, t]]) for t in range(5, 8))
    assert log_likelihood(loaded[1], ids[0, :5].tolist(), ids[0, 5:].tolist()) == pytest.approx(expected, rel=2e-3)


def test_temperature_zero_draws_one(loaded: tuple[RerankedChat, Any]) -> None:
    reply = drain(loaded[0].stream(replace(ask(candidates=4), temperature=0.0))).output
    assert len(reply.candidates) == 1
    assert reply == drain(loaded[0].stream(replace(ask(candidates=1, seed=9), temperature=0.0))).output


def test_the_system_prompt_is_a_persona_and_the_default_is_none(loaded: tuple[RerankedChat, Any]) -> None:
    assert (
        persona("You are a nurse. You have two dogs, and your cat is old.")
        == "I am a nurse. I have two dogs, and my cat is old."
    )
    assert persona("You are a helpful assistant.") == ""
    reply = drain(loaded[0].stream(ask(candidates=1, system_prompt="You like tea."))).output
    assert reply.rendered_prompt.startswith("<|system|>I like tea.<|endoftext|><|user|>")
    assert drain(loaded[0].stream(ask(candidates=1))).output.rendered_prompt.startswith("<|user|>")


def test_old_turns_are_left_out_where_the_window_is_full(loaded: tuple[RerankedChat, Any]) -> None:
    history = tuple(Message(role=("user", "assistant")[i % 2], content="I like dogs and music.") for i in range(20))  # type: ignore[arg-type]
    reply = drain(loaded[0].stream(ask(candidates=2, history=history))).output
    assert reply.dropped_messages > 0
    assert reply.prompt_tokens + 12 <= reply.context_window == 128


def test_the_loss_counts_all_turns_first_and_then_replies_alone() -> None:
    encoder = dialogues.Encoder(bpe.train([TEXT] * 3, 290))
    ids, marks = dialogues.rendered(encoder.turns(Dialogue(source="x", turns=("Hello!", "I am fine."))), 2)
    windows = dialogues.pack(iter([(ids, marks)] * 4), 4, len(ids))
    take = chat_gpt.batcher(windows, batch=2, adapt=1)
    everything, replies = take(0).weight, take(1).weight
    assert everything is not None
    assert replies is not None
    assert int(replies.sum()) == 2 * marks.count(dialogues.REPLY)
    assert int(everything.sum()) == 2 * (len(ids) - marks.count(dialogues.GIVEN))
    assert torch.equal(take(3).ids, take(1).ids), "rows come round again"


def test_retrieval_answers_what_followed_the_most_similar_utterance() -> None:
    talks = [Dialogue(source="x", turns=("Do you like dogs?", "I love dogs.", "Where are you from?", "From Oslo."))]
    found = evaluation.Retrieval(talks)
    assert found(("Do you like big dogs?",)) == "I love dogs."
    assert found(("So where are you from?",)) == "From Oslo."
    assert evaluation.diversity(["a b", "a b"]) == {"distinct_1": 0.5, "distinct_2": 0.5, "mean_words": 2.0, "different_replies": 0.5}  # fmt: skip


@torch.inference_mode()
def test_likelihoods_and_requests_of_the_evaluation(loaded: tuple[RerankedChat, Any]) -> None:
    cases = [(("Hello!",), f"I like {i}.") for i in range(12)]
    figures = evaluation.likelihoods(loaded[1], cases, 3)
    assert figures["reply_perplexity"] > 1
    assert set(figures["hits_at_1"]) == {"0.0", "0.3", "0.5", "0.7", "1.0"}
    asked = evaluation.request(("b", "c", "d"), 0)
    assert [message.role for message in asked.history] == ["user", "assistant"]


@torch.inference_mode()
def test_a_reply_is_inspected_in_its_conversation(loaded: tuple[RerankedChat, Any]) -> None:
    pipeline, lm = loaded
    history = (Message(role="user", content="Hello!"), Message(role="assistant", content="How are you today?"))
    asked = {"message": "I am fine.", "history": history, "system_prompt": "You like dogs."}
    rendered = drain(pipeline.stream(ChatRequest(max_new_tokens=2, **asked))).output.rendered_prompt
    read = drain(pipeline.stream(InspectReplyRequest(reply="I like dogs.", **asked))).output
    assert "".join(token.text for token in read.tokens) == "I like dogs."
    nats = log_likelihood(lm, lm.encode_control(rendered), lm.encode("I like dogs."))
    assert read.bits == pytest.approx(-nats / math.log(2), rel=1e-3)
    alone = drain(pipeline.stream(InspectReplyRequest(reply="I like dogs.", message="Yes."))).output
    assert alone.bits != pytest.approx(read.bits, rel=1e-3)
