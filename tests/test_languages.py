"""A text in a script that a model cannot read is refused before anything is loaded, with the rows that can; in every row."""

from __future__ import annotations

from typing import Any

import pytest

from aigc_core import registry
from aigc_core.datasets import face_labels
from aigc_core.engine import Engine
from aigc_core.errors import InvalidRequestError
from aigc_core.nlp.scripts import HAN, LATIN, dominant
from aigc_core.support import check_language, remarks
from aigc_core.tasks.chat import ChatRequest
from aigc_core.tasks.continue_text import ContinueTextRequest, InspectTextRequest
from aigc_core.tasks.faces import FacesRequest
from aigc_core.tasks.request import Request
from aigc_core.tasks.speak import SpeakRequest
from aigc_core.tasks.summarize import SummarizeRequest
from aigc_core.types import ModelSpec

TASKS = ("continue_text", "chat", "summarize")
ROWS = [spec for task in TASKS for spec in registry.list_models(task)]
TEXTS = {
    "en": "The keeper climbed the stair and lit the lamp. It was late, and the café’s naïve cat 猫 slept (3.5 hours).",
    "zh": "看守人登上楼梯，点亮了灯（用 LED 灯）。天色已晚，猫睡了3.5小时。OK？",
    "ru": "Смотритель поднялся по лестнице и зажёг лампу. Было поздно.",
    "ja": "灯台守は階段をのぼってランプをつけました。",
}


def ask(spec: ModelSpec, text: str) -> Request:
    shared: dict[str, Any] = {"model": spec.name}
    if spec.task == "chat":
        return ChatRequest(message=text, **shared)
    if spec.task == "summarize":
        return SummarizeRequest(text=text, **shared)
    return ContinueTextRequest(prompt=text, **shared)


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("spec", ROWS, ids=lambda spec: spec.name)
def test_what_a_row_cannot_read_is_refused_first_and_the_rows_that_can_are_named(
    spec: ModelSpec, language: str
) -> None:
    request = ask(spec, TEXTS[language])
    rows = registry.list_models(spec.task)
    if language in spec.languages or len(spec.languages) > 1:
        check_language(request, spec, rows)
        return
    engine = Engine()
    with pytest.raises(InvalidRequestError) as caught:
        next(engine.run(request))
    assert engine.loaded() == []
    for message in (str(caught.value), caught.value.zh):
        assert message.startswith(spec.name) and "%" in message
        able = [row.name for row in rows if len(row.languages) > 1 or language in row.languages]
        assert able and all(name in message for name in able)
        assert not any(row.name in message for row in rows if row.name not in able and row is not spec)


@pytest.mark.parametrize(
    "text",
    ["翻译 please: the lamp 灯", "灯 lamp", "12 + 30 = 42?", "👍", "Ça va bien, señor Müller?", "n" * 40 + "灯" * 26],
)
@pytest.mark.parametrize("name", ["chat-gpt-en", "text-gpt-en", "summarize-pointer-en"])
def test_mixed_texts_and_texts_without_letters_pass(name: str, text: str) -> None:
    spec = registry.find(name)
    if spec.task == "summarize" and not any(map(str.isalnum, text)):
        return
    check_language(ask(spec, text), spec, registry.list_models(spec.task))


def test_only_what_is_to_be_understood_is_checked() -> None:
    spec = registry.find("text-gpt-en")
    check_language(InspectTextRequest(text=TEXTS["zh"], model=spec.name), spec, [])
    poet = registry.find("text-poet-zh")
    check_language(ContinueTextRequest(form="七绝", model=poet.name), poet, [])


def test_the_script_is_that_of_at_least_three_letters_in_five() -> None:
    assert dominant("灯塔灯ab") == (HAN, 0.6)
    assert dominant("灯塔abc") == (LATIN, 0.6)
    assert dominant("灯塔ab") is None and dominant("1 + 1 = 2!") is None and dominant("") is None
    assert dominant("лампа lamp лампа") is not None
    assert dominant("лампа лампа лампа") == ("", 1.0)
    assert dominant("ひらがなのぶん 灯") == ("", 7 / 8)


@pytest.mark.parametrize("spec", registry.list_models(), ids=lambda spec: spec.name)
def test_english_titles_are_english_and_chinese_ones_chinese(spec: ModelSpec) -> None:
    assert all(ord(c) < 0x3000 for c in spec.title)
    assert not spec.title_zh or any("\u4e00" <= c <= "\u9fff" for c in spec.title_zh)


@pytest.mark.parametrize(
    ("prompt", "ignored"),
    [
        ("a portrait photo of a person", ()),
        ("a smiling woman, 35", ()),
        ("A very old man laughing", ()),
        ("a young woman with red hair and glasses", ("red", "hair", "glasses")),
        ("一位微笑的年轻女性", ()),
        ("戴眼镜的老人", ("戴眼镜",)),
    ],
)
def test_the_words_that_set_no_label_are_found(prompt: str, ignored: tuple[str, ...]) -> None:
    assert face_labels.ignored(prompt) == ignored


def test_what_would_be_refused_or_passed_over_is_known_before_anything_runs() -> None:
    def said(cls: type[Request], name: str, text: str) -> str:
        return " ".join(remarks(cls, registry.find(name), text) or ())

    assert "does not know: hat" in said(FacesRequest, "faces-diffusion-128", "a man with a hat")
    assert said(FacesRequest, "faces-diffusion-128", "a smiling woman, 30") == ""
    assert said(FacesRequest, "faces-gan-128", "a man with a hat") == "", "takes no prompt at all"
    refused = said(FacesRequest, "faces-lcm-512", "一位微笑的女性")
    assert "knows English only" in refused and "faces-diffusion-128" in refused and "faces-gan-128" not in refused
    assert "kokoro-82m" in said(SpeakRequest, "vits-ljspeech", "你好，世界。今天天气很好。")
    assert said(ContinueTextRequest, "text-gpt-en", TEXTS["zh"]).startswith("text-gpt-en knows English only")
    assert said(ContinueTextRequest, "text-gpt-en", TEXTS["en"]) == ""
