"""Continuation and chat: the decoding loop against a full forward pass, every row on tiny networks of its architecture."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from streams import check_stream
from tiny_text import WINDOW, WORDS, causal_lm_rows, load, local

from aigc_core import registry
from aigc_core.engine import Engine, drain
from aigc_core.errors import InvalidRequestError
from aigc_core.pipelines.text import causal_lm_loading as loading
from aigc_core.pipelines.text.causal_lm import CausalLM, cut
from aigc_core.pipelines.text.chat import Chat
from aigc_core.pipelines.text.context import exchanges, fit
from aigc_core.pipelines.text.continuation import Continuation
from aigc_core.sampling.text.tokens import Sampling
from aigc_core.tasks.chat import ChatRequest, Reply
from aigc_core.tasks.continue_text import ContinueTextRequest, Text
from aigc_core.tasks.fields import Message
from aigc_core.types import ModelSpec, Progress, Result

ROWS = causal_lm_rows()


@pytest.fixture
def lm(tiny: Callable[[str], Path]) -> CausalLM:
    return load(*local(ROWS[0], tiny))


def finish(steps: Any) -> tuple[list[Any], str]:
    seen = []
    try:
        while True:
            seen.append(next(steps))
    except StopIteration as done:
        return seen, done.value


# --- the decoding loop ------------------------------------------------------------------------------------------------


def test_greedy_decoding_takes_the_first_alternative_and_ends_at_its_length(lm: CausalLM) -> None:
    steps, reason = finish(lm.generate(lm.encode(WORDS), Sampling(temperature=0), max_new_tokens=12))
    drawn = [step for step in steps if step.token]
    assert reason in ("length", "end")
    assert len(drawn) == 12 or reason == "end"
    for step in drawn:
        assert step.token.probability == step.token.alternatives[0][1]
        assert len(step.token.alternatives) == 10
        assert sum(p for _, p in step.token.alternatives) <= 1.0001


def test_long_prompts_are_read_in_stretches_with_events(lm: CausalLM) -> None:
    ids = (lm.encode(WORDS) * 9)[:150]
    steps, _ = finish(lm.generate(ids, Sampling(), max_new_tokens=1))
    assert [step.read for step in steps if step.token is None] == [64, 128, 150]


def test_one_model_serves_all_rows_of_a_folder_and_leaves_memory_with_the_last(tiny: Callable[[str], Path]) -> None:
    first, second = (load(*local(row, tiny)) for row in (ROWS[0], registry.list_models("chat")[0]))
    assert first is second
    key = next(k for k, v in loading._loaded.items() if v is first)
    del first, second
    gc.collect()
    assert key not in loading._loaded


# --- the pipelines ------------------------------------------------------------------------------------------------------


def request_of(spec: ModelSpec, **values: Any) -> Any:
    shared = {"model": spec.name, "max_new_tokens": 8, "seed": 5, **values}
    if spec.task == "chat":
        return ChatRequest(message="Once upon a time", **shared)
    return ContinueTextRequest(prompt="Once upon a time", **shared)


@pytest.mark.parametrize("spec", ROWS, ids=lambda spec: spec.name)
def test_every_row_streams_and_repeats_itself(spec: ModelSpec, tiny: Callable[[str], Path]) -> None:
    spec, folders = local(spec, tiny)
    pipeline = (Chat if spec.task == "chat" else Continuation)(spec, folders)
    events = list(pipeline.stream(request_of(spec)))
    assert all(isinstance(event, Progress) for event in events[:-1])
    assert isinstance(events[-1], Result)
    again = drain(pipeline.stream(request_of(spec)))
    assert again.output == events[-1].output
    assert again.info == events[-1].info
    assert drain(pipeline.stream(request_of(spec, seed=6))).output.text != again.output.text
    if isinstance(again.output, Reply) and "qwen3" in spec.name:
        assert again.output.rendered_prompt.endswith("</think>\n\n")


def test_previews_only_ever_grow_and_tokens_add_up_to_the_text(tiny: Callable[[str], Path]) -> None:
    pipeline = Continuation(*local(ROWS[0], tiny))
    events = list(pipeline.stream(request_of(ROWS[0], max_new_tokens=40, temperature=1.5)))
    texts = [e.preview for e in events if isinstance(e, Progress) and e.preview]
    texts.append(events[-1].output)
    for earlier, later in itertools.pairwise(texts):
        assert later.text.startswith(earlier.text)
    assert all("".join(token.text for token in text.tokens) == text.text for text in texts)


def test_a_stop_string_ends_the_text_exactly_before_it(tiny: Callable[[str], Path]) -> None:
    pipeline = Continuation(*local(ROWS[0], tiny))
    whole = drain(pipeline.stream(request_of(ROWS[0], max_new_tokens=40))).output.text
    stop = whole[10:13]
    cut_short: Text = drain(pipeline.stream(request_of(ROWS[0], max_new_tokens=40, stop=(stop,)))).output
    assert cut_short.text == whole[: whole.index(stop)]
    assert cut_short.stop_reason == "stop"
    assert "".join(token.text for token in cut_short.tokens) == cut_short.text


def test_closing_early_stops_and_the_next_request_is_unharmed(tiny: Callable[[str], Path]) -> None:
    pipeline = Continuation(*local(ROWS[0], tiny))
    expected = drain(pipeline.stream(request_of(ROWS[0]))).output
    events = pipeline.stream(request_of(ROWS[0]))
    for _ in range(3):
        next(events)
    events.close()
    assert torch.is_grad_enabled()
    assert drain(pipeline.stream(request_of(ROWS[0]))).output == expected


def test_a_prompt_beyond_the_window_is_refused_with_both_numbers(tiny: Callable[[str], Path]) -> None:
    pipeline = Continuation(*local(ROWS[0], tiny))
    with pytest.raises(InvalidRequestError, match=rf"has \d{{3,}} tokens.*room for {WINDOW - 8}.*{WINDOW}"):
        drain(pipeline.stream(ContinueTextRequest(prompt=WORDS * 9, max_new_tokens=8)))


def test_chat_leaves_out_the_oldest_turns_and_says_how_many(tiny: Callable[[str], Path]) -> None:
    pipeline = Chat(*local(registry.list_models("chat")[0], tiny))
    history = []
    for i in range(6):
        history += [Message(role="user", content=f"{i}: the lamp"), Message(role="assistant", content="a stair " * 3)]
    result = drain(pipeline.stream(ChatRequest(message="light?", history=tuple(history), max_new_tokens=8)))
    reply: Reply = result.output
    assert reply.dropped_messages > 0
    assert reply.dropped_messages % 2 == 0, "a question leaves with its answer"
    assert reply.dropped_messages == result.info["dropped_messages"]
    assert "0: the lamp" not in reply.rendered_prompt
    assert "5: the lamp" in reply.rendered_prompt
    assert "You are a helpful assistant." in reply.rendered_prompt
    assert reply.prompt_tokens + 8 <= reply.context_window == WINDOW


def talk(exchanges: int, words: str = "a stair") -> list[Message]:
    turns = [(f"{i}: the lamp", f"{words} {i}") for i in range(exchanges)]
    return [m for q, a in turns for m in (Message(role="user", content=q), Message(role="assistant", content=a))]


@pytest.mark.parametrize("at", [0, 1, 7, 100, 202])
def test_a_system_turn_outlives_the_exchanges_around_it(tiny: Callable[[str], Path], at: int) -> None:
    pipeline = Chat(*local(registry.list_models("chat")[0], tiny))
    history = talk(101)
    history.insert(at, Message(role="system", content="Speak of stairs."))
    result = drain(pipeline.stream(ChatRequest(message="light?", history=tuple(history), max_new_tokens=8)))
    reply: Reply = result.output
    assert reply.rendered_prompt.startswith(
        "<|im_start|>system\nYou are a helpful assistant.\n\nSpeak of stairs.<|im_end|>"
    )
    assert "100: the lamp" in reply.rendered_prompt and "0: the lamp\n" not in reply.rendered_prompt
    kept = reply.rendered_prompt.count("<|im_start|>user") - 1
    assert result.info["dropped_messages"] == reply.dropped_messages == 202 - 2 * kept
    assert 202 > reply.dropped_messages > 0
    assert reply.prompt_tokens + 8 <= WINDOW


def test_as_many_exchanges_are_kept_as_fit(tiny: Callable[[str], Path]) -> None:
    lm = load(*local(registry.list_models("chat")[0], tiny))
    for length in (1, 9, 40):
        history = talk(30, "lit " * length)
        fitted = fit(lm, "", history, "light?", 8)
        assert fitted.dropped % 2 == 0
        assert len(fitted.prompt.ids) + 8 <= WINDOW
        fuller = history[fitted.dropped - 2 :]
        turns = [*({"role": m.role, "content": m.content} for m in fuller), {"role": "user", "content": "light?"}]
        assert len(lm.prompt(turns).ids) + 8 > WINDOW, "one exchange more would not have fitted"


def test_the_longest_conversation_allowed_is_cut_without_rendering_it_turn_by_turn(
    tiny: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    lm = load(*local(registry.list_models("chat")[0], tiny))
    rendered = []
    prompt = lm.prompt
    monkeypatch.setattr(lm, "prompt", lambda turns, **rest: (rendered.append(len(turns)), prompt(turns, **rest))[1])
    fitted = fit(lm, "", [Message(role=m.role, content=m.content + "x" * 950) for m in talk(1000)], "light?", 8)
    assert fitted.dropped == 2000 and sum(rendered) < 100
    fitted = fit(lm, "", [Message(role=m.role, content="") for m in talk(1000)], "light?", 8)
    assert 1900 < fitted.dropped < 2000 and len(rendered) < 20


def test_replies_without_a_question_leave_with_the_first_exchange() -> None:
    turns = [{"role": role, "content": role} for role in ("assistant", "user", "assistant", "assistant", "user")]
    assert [len(group) for group in exchanges(turns)] == [1, 3, 1]


def test_a_message_alone_beyond_the_window_is_refused(tiny: Callable[[str], Path]) -> None:
    pipeline = Chat(*local(registry.list_models("chat")[0], tiny))
    with pytest.raises(InvalidRequestError, match="window is 160"):
        drain(pipeline.stream(ChatRequest(message=WORDS * 9, max_new_tokens=8)))


def test_cut_shortens_the_last_token() -> None:
    tokens = [replace_text("ab"), replace_text("cd"), replace_text("ef")]
    assert [token.text for token in cut(tokens, 3)] == ["ab", "c"]
    assert [token.text for token in cut(tokens, 2)] == ["ab"]


def replace_text(text: str) -> Any:
    from aigc_core.tasks.decoding import Token

    return Token(text=text, probability=0.5)


# --- the real thing -------------------------------------------------------------------------------------------------------


@pytest.mark.weights
def test_smollm2_knows_the_capital_of_france(engine: Engine, real_weights: Callable[[str], list[Path]]) -> None:
    real_weights("chat-smollm2-135m")
    request = ChatRequest(message="What is the capital of France?", temperature=0.0, max_new_tokens=16)
    result = check_stream(engine, request)
    assert "Paris" in result.output.text
    assert result.output.rendered_prompt.endswith("<|im_start|>assistant\n")
    assert result.output.context_window == 8192


@pytest.mark.weights
def test_smollm2_continues_the_alphabet(engine: Engine, real_weights: Callable[[str], list[Path]]) -> None:
    real_weights("text-smollm2-135m")
    request = ContinueTextRequest(prompt="A B C D E F", temperature=0.0, max_new_tokens=3, repetition_penalty=1.0)
    result = check_stream(engine, request)
    assert result.output.text == " G H I"
    assert result.output.tokens[0].alternatives[0][0] == " G"
