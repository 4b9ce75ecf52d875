"""What the tabs of text and speech open with: kept results that belong to their recipes, and mistakes that stand in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from aigc_core.engine import Engine, drain
from aigc_core.tasks.summarize import SummarizeRequest
from demos.ui import mistake, openings
from demos.ui.gallery import example, example_output
from demos.ui.mistake import Judged

CLOCK, PRINTING = openings.text("clock_en"), openings.text("printing_zh")
ASKED: Mapping[str, Mapping[str, Any]] = {
    "chat": openings.CHAT,
    "mistake-chat": openings.SKY,
    "mistake-summarize": {"text": openings.text("tram_en"), "model": "summarize-smollm2-135m", "max_sentences": 3},
    "continue_text-zh": openings.POEM,
    **{name: {"text": CLOCK, "model": model, "max_sentences": 3} for name, model in openings.SUMMARIES.items()},
    **{name: {"text": PRINTING, "model": model, "max_sentences": 3} for name, model in openings.SUMMARIES_ZH.items()},
}


def kept(name: str) -> dict[str, Any]:
    record = example_output(name)
    assert record is not None, f"docs/gallery/{name}.json is missing: python scripts/openings.py"
    return record


@pytest.mark.parametrize("name", ASKED)
def test_an_opening_belongs_to_its_recipe(name: str) -> None:
    made = kept(name)["recipe"]
    recorded = {**made["parameters"], "model": made["model"], "seed": made["seed"]}
    assert {key: recorded[key] for key in ASKED[name]} == dict(ASKED[name])


@pytest.mark.parametrize("name", ["summarize-lead", "summarize-textrank", *openings.SUMMARIES_ZH])
def test_summaries_that_need_no_weights_are_what_their_recipes_give(name: str, engine: Engine) -> None:
    again = drain(engine.run(SummarizeRequest(**ASKED[name])))
    assert [s.text for s in again.output.sentences] == [s["text"] for s in kept(name)["output"]["sentences"]]


@pytest.mark.parametrize("name", [*openings.SUMMARIES, *openings.SUMMARIES_ZH])
def test_a_summary_is_short_and_invents_no_number_or_name(name: str) -> None:
    record = kept(name)
    assert record["recipe"]["info"]["compression"] <= 0.25
    assert not any(s["unsupported"] for s in record["output"]["sentences"])


@pytest.mark.parametrize(("name", "judged"), [("mistake-chat", mistake.CHAT), ("mistake-summarize", mistake.SUMMARY)])
def test_every_sentence_of_an_answer_with_a_mistake_is_judged(name: str, judged: Sequence[Judged]) -> None:
    output = kept(name)["output"]
    text = output.get("text") or " ".join(s["text"] for s in output["sentences"])
    assert " ".join(one.sentence for one in judged) == " ".join(text.split()), "the answer is shown as it was written"
    assert {one.wrong for one in judged} == {True, False}


@pytest.mark.parametrize("ending", openings.SPEECH)
def test_the_words_of_a_speech_follow_its_sound(ending: str) -> None:
    record, sound = kept(f"speak-words{ending}"), example(f"speak{ending}", ".wav")
    assert sound is not None and sound[1] == record["recipe"]
    assert record["recipe"]["parameters"]["text"] == openings.SPEECH[ending]
    edges = [edge for word in record["words"] for edge in word["edges"]]
    assert edges == sorted(edges) and edges[0] >= 0 and edges[-1] <= record["duration_s"] + 0.1
    assert all(len(word["edges"]) == len(word["phonemes"]) + 1 and word["text"] for word in record["words"])
