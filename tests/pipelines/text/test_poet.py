"""The poet on a tiny random network: whatever the network says, form, rhyme and acrostic are right."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from aigc_core import checkpoint, registry, weights
from aigc_core.datasets import poetry
from aigc_core.engine import drain
from aigc_core.errors import CheckpointError, InvalidRequestError
from aigc_core.evaluation.poems import Written, copied, distinct, rhyming, valid
from aigc_core.models.gpt import GPT, GPTConfig
from aigc_core.pipelines.text.poem_plan import Book
from aigc_core.pipelines.text.poet import Poet
from aigc_core.tasks.continue_text import AttentionRequest, ContinueTextRequest, InspectTextRequest, Text
from aigc_core.tokenizers import poem_tokens
from aigc_core.types import Local, ModelSpec, Progress, Result

CHARACTERS = "".join(chr(c) for c in range(0x4E00, 0x5600))
FACTS = {"tunes": {"浣溪沙": "7a。7a。7a。7，7a。7a。", "念奴娇": "4，5，4a。7，6a。"}, "authors": ["杜甫", "李白"]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("poet")
    tokenizer = poem_tokens.build(CHARACTERS)
    config = GPTConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=16, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=1, head_dim=8, max_position_embeddings=320,
    )  # fmt: skip
    torch.manual_seed(0)
    checkpoint.save(made, GPT(config), config)
    poem_tokens.save(tokenizer, made, 320)
    (made / "poet.json").write_text(json.dumps(FACTS), "utf-8")
    return made


@pytest.fixture(scope="module")
def poet(folder: Path) -> Poet:
    spec = ModelSpec(
        name="text-poet-toy", task="continue_text", title="Toy", target="aigc_core.pipelines.text.poet:Poet",
        source=Local(folder=folder), license="MIT", summary="A toy.", summary_zh="玩具。", settings={"candidates": 2},
    )  # fmt: skip
    return Poet(spec, [folder])


def write(poet: Poet, **fields: object) -> Text:
    output: Text = drain(poet.stream(ContinueTextRequest(**fields))).output  # type: ignore[arg-type]
    return output


def pattern(form: str) -> poetry.Pattern:
    return poetry.regulated(form) if form in poetry.REGULATED else poetry.parsed(FACTS["tunes"][form])  # type: ignore[index]


@pytest.mark.parametrize("form", ["五绝", "七绝", "五律", "七律", "浣溪沙"])
def test_every_form_is_kept_and_rhymes(poet: Poet, form: str) -> None:
    poem = Written(write(poet, form=form, seed=3).text.replace("\n", ""), pattern(form))
    assert valid(poem)
    assert all(rhyming(poem))


@torch.inference_mode()
def test_a_poem_is_inspected_after_its_form_whatever_its_script_and_layout(poet: Poet) -> None:
    poem = "严丰世业上，中严丰世业。\n世业上中严，丰世业上中。"
    read = drain(poet.stream(InspectTextRequest(text=poem))).output
    assert "".join(token.text for token in read.tokens) == poem.replace("\n", "")
    again = drain(poet.stream(InspectTextRequest(text=poem.translate(str.maketrans("严丰业", "嚴豐業"))))).output
    assert again.tokens == read.tokens
    lm = poet.loaded()
    ids = [*lm.encode_control(poem_tokens.header("五绝", "", "", "")), *lm.encode(poem.replace("\n", ""))]
    log_p = lm.network.logits(lm.network.read(torch.tensor(ids[:-1]), lm.network.cache(len(ids)))).log_softmax(-1)
    bits = -log_p.gather(1, torch.tensor(ids)[1:, None])[:, 0] / torch.log(torch.tensor(2.0))
    assert [token.bits for token in read.tokens] == pytest.approx(bits[-len(read.tokens) :].tolist(), abs=0.05)
    assert drain(poet.stream(InspectTextRequest(text="no poem"))).output.tokens
    maps = drain(poet.stream(AttentionRequest(text=poem))).output
    assert maps.weights.shape[2] == len(maps.tokens) == len(read.tokens)


@pytest.mark.parametrize("acrostic", ["春夏秋冬", "龙马精神", "𠮷祥如意", "上下"])
def test_acrostics_are_always_right(poet: Poet, acrostic: str) -> None:
    for seed in range(3):
        text = write(poet, acrostic=acrostic, seed=seed).text
        assert "".join(line[0] for line, _ in poetry.lines_of(text.replace("\n", "")))[: len(acrostic)] == acrostic


def test_an_acrostic_in_traditional_script_stays_as_typed(poet: Poet) -> None:
    text = write(poet, acrostic="龍馬后後").text.replace("\n", "")
    assert "".join(line[0] for line, _ in poetry.lines_of(text)) == "龍馬后後"
    asked = write(poet, acrostic="龍馬后後", script="simplified").text.replace("\n", "")
    assert "".join(line[0] for line, _ in poetry.lines_of(asked)) == "龙马后后"


@pytest.mark.parametrize(("prompt", "form"), [
    ("上下东西", "五绝"), ("上下东西南", "五绝"), ("上下东西南，", "五绝"), ("上下东西南，一二三四中。", "五绝"),
    ("上下东西南一二三四中", "五绝"), ("一丁七万丈三上，", "七绝"), ("一丁七万丈三上，一", "浣溪沙"), ("一丁七万，丈三上下不，", "念奴娇"),
])  # fmt: skip
def test_a_prompt_is_continued_from_exactly_where_it_ends(poet: Poet, prompt: str, form: str) -> None:
    text = (prompt + write(poet, prompt=prompt, form=form).text).replace("\n", "")
    if "，" not in prompt and len(prompt) == 10:
        text = text[:5] + "，" + text[5:]
    lines = [line for line, _ in poetry.lines_of(text)]
    assert [len(line) for line in lines] == [line.length for line in pattern(form)]
    assert "".join(lines).startswith(prompt.replace("，", "").replace("。", ""))


def test_the_form_is_found_from_the_prompt(poet: Poet) -> None:
    for fields, form in [
        ({"prompt": "上下东西南"}, "五绝"), ({"prompt": "一丁七万丈三上，"}, "七绝"), ({"prompt": "一丁七万，"}, "念奴娇"),
        ({"acrostic": "一二三四五"}, "七律"), ({"title": "春夜"}, "七绝"), ({"form": "五言律詩"}, "五律"),
    ]:  # fmt: skip
        assert drain(poet.stream(ContinueTextRequest(**fields))).info["form"] == form  # type: ignore[arg-type]


@pytest.mark.parametrize(("fields", "says", "says_zh"), [
    ({"prompt": "hello"}, "Chinese poems only.*'hello'", "只写古典诗词"),
    ({"form": "七绝", "acrostic": "一二三四五"}, "has 5 characters; 七绝 has 4 lines", "共 5 字，而七绝只有 4 句"),
    ({"acrostic": "abc"}, "acrostic must be Chinese characters only; got 'abc'", "藏头只能是汉字"),
    ({"author": "张三丰"}, "author '张三丰' is not one of the 2 poets.*杜甫、李白", "2 位诗人"),
    ({"form": "无此"}, "form '无此' is unknown", "没有体裁"),
    ({"prompt": "上下东，", "form": "七绝"}, "Line 1 of the prompt has 3 characters; in 七绝 it has 7", "应为 7 字"),
    ({"prompt": "上下", "acrostic": "东"}, "begins with 上, but the acrostic requires 东", "不符"),
    ({"prompt": "上下东西南，" * 4, "form": "五绝"}, "already fills the 4 lines", "已写满"),
    ({"title": "abc"}, "title must contain Chinese characters", "题目须含汉字"),
])  # fmt: skip
def test_what_cannot_be_written_is_refused_in_words(
    poet: Poet, fields: dict[str, str], says: str, says_zh: str
) -> None:
    with pytest.raises(InvalidRequestError, match=says) as caught:
        write(poet, **fields)
    assert says_zh in caught.value.zh


def test_nothing_at_all_is_refused_and_script_is_one_of_two() -> None:
    with pytest.raises(InvalidRequestError, match="prompt is empty"):
        ContinueTextRequest(prompt=" ")
    with pytest.raises(InvalidRequestError, match="prompt is missing"):
        ContinueTextRequest()
    with pytest.raises(InvalidRequestError, match="script must be one of simplified, traditional; got 'latin'"):
        ContinueTextRequest(prompt="x", script="latin")


def test_it_streams_character_by_character_with_alternatives_that_fit(poet: Poet) -> None:
    events = list(poet.stream(ContinueTextRequest(prompt="上下东西南，", form="五绝", temperature=0.0)))
    assert all(isinstance(e, Progress) for e in events[:-1]) and isinstance(events[-1], Result)
    texts = [e.preview.text for e in events[:-1] if e.preview is not None]
    assert all(len(b) - len(a) in (1, 2) for a, b in itertools.pairwise(texts))
    output = events[-1].output
    assert output.text == texts[-1] == "".join(token.text for token in output.tokens)
    assert events[-2].step == events[-2].total
    drawn = [token for token in output.tokens if poetry.is_han(token.text)]
    assert all(token.text == token.alternatives[0][0] or len(token.alternatives) > 1 for token in drawn)
    assert all(poetry.is_han(text) for token in drawn for text, _ in token.alternatives)


def test_one_seed_one_poem(poet: Poet) -> None:
    first, again, other = (write(poet, form="五绝", seed=seed).text for seed in (5, 5, 6))
    assert first == again != other


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"poet\.json is missing or damaged"):
        Book.read(tmp_path)


# --- measures -------------------------------------------------------------------------------------------------------------


def test_measures_tell_a_poem_from_prose() -> None:
    jue = poetry.regulated("五绝")
    poem = Written("白日依山尽，黄河入海流。欲穷千里目，更上一层楼。", jue)
    assert valid(poem) and rhyming(poem) == [True]
    assert not valid(Written(poem.text[:-2] + "。", jue)) and not valid(Written(poem.text.replace("，", "。"), jue))
    assert rhyming(Written(poem.text.replace("楼", "山"), jue)) == [False]
    assert rhyming(Written(poem.text.replace("楼", "流"), jue)) == [False], "the same character is no rhyme"
    assert copied([poem], ["白日依山尽，黄河入海流。"]) == {"copied_lines": 0.5, "copied_8grams": 3 / 13}
    assert distinct([poem, poem], 1) == 0.5


# --- the shipped poet -----------------------------------------------------------------------------------------------------


def test_the_shipped_poet_keeps_form_rhyme_and_acrostic() -> None:
    spec = registry.find("text-poet-zh", "continue_text")
    book = Book.read(weights.CHECKPOINTS / "text-poet-zh")
    assert set(spec.options["form"]) <= {*poetry.REGULATED, *book.tunes}
    poet: Any = registry.load("text-poet-zh")
    text = write(poet, form="七绝", acrostic="春夏秋冬", title="四时", author="白居易").text.replace("\n", "")
    assert valid(Written(text, poetry.regulated("七绝"))) and all(rhyming(Written(text, poetry.regulated("七绝"))))
    assert [line[0] for line, _ in poetry.lines_of(text)] == list("春夏秋冬")
    tune = write(poet, form="浣溪沙", prompt="一曲新词酒一杯。").text.replace("\n", "")
    assert valid(Written("一曲新词酒一杯。" + tune, book.tunes["浣溪沙"]))


def test_its_controls_show_for_poets_only() -> None:
    from demos.continue_text import poet_controls

    assert "五律" in poet_controls.forms("text-poet-zh")
    assert poet_controls.forms("text-smollm2-135m") == () == poet_controls.forms("no such model")
