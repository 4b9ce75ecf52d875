"""What the speech tab says beside the sound: voices, advice, figures, and the parts it hands out for live listening."""

from __future__ import annotations

import base64
import re
from dataclasses import replace

import numpy as np
import pytest

from aigc_core import registry
from aigc_core.errors import InvalidRequestError
from aigc_core.media import audio
from aigc_core.tasks.audio import Audio
from aigc_core.tasks.speak import SpeakRequest, Speech
from aigc_core.types import Result
from demos.speak import live
from demos.speak import tab as speak

SOUND = Audio(samples=np.linspace(-0.5, 0.5, 24_000).astype(np.float32), sample_rate=24_000)


def test_voices_are_grouped_by_language_and_belong_to_the_model() -> None:
    labels = [label for label, _ in speak.voices("kokoro-82m")]
    groups = [label.split(" · ")[0] for label in labels[1:]]
    assert groups == sorted(groups, key=groups.index), "a language is split in two"
    assert [value for _, value in speak.voices("kokoro-82m")][1:] == list(registry.find("kokoro-82m").options["voice"])
    assert [value for _, value in speak.voices("vits-ljspeech")] == [""]


@pytest.mark.parametrize(
    ("text", "voice", "better"),
    [
        ("你好，世界", "af_heart", "zf_xiaoxiao"),
        ("Hello", "zm_yunxi", "af_heart"),
        ("Hello", "bf_emma", ""),
        ("你好", "zf_xiaoyi", ""),
        ("你好", "", ""),
        ("", "af_heart", ""),
    ],
)
def test_another_voice_is_advised_where_the_languages_differ(text: str, voice: str, better: str) -> None:
    said = speak.advice(text, voice)
    assert (better in said) if better else said == ""


def test_figures_name_the_real_time_factor_and_what_was_left_out() -> None:
    result = Result(output=Speech(audio=SOUND), seconds=0.5, info={"dropped": "<b>", "voice": "jf_alpha"})
    said = speak.facts(result)
    assert "real-time factor 0.50" in said and "实时率 0.50" in said
    assert "&lt;b&gt;" in said and "<b>" not in said
    reserve = speak.facts(replace(result, info={"voice": "jf_alpha", "voice_wanted": "af_heart"}))
    assert "af_heart" in reserve and "jf_alpha" in reserve


def test_a_preview_hands_out_only_the_new_part_for_live_listening() -> None:
    shown = live.part(Speech(audio=SOUND, phonemes="həlˈO", fresh_from=18_000))
    part = re.search(r'data-sound="([^"]+)"', shown)
    assert part is not None
    sound = base64.b64decode(part[1])
    assert np.allclose(audio.read(sound).samples, SOUND.samples[18_000:], atol=1e-4)
    assert b"AI-generated" in sound


def test_examples_are_valid_requests_for_voices_there_are() -> None:
    voices = registry.find("kokoro-82m").options["voice"]
    for _, _, values in speak.EXAMPLES:
        request = SpeakRequest(**values)
        assert request.voice in voices
        assert speak.advice(request.text, request.voice) == ""


def test_the_reading_follows_the_text_and_the_voice() -> None:
    hint, words = speak.read("It cost $5\x00 in all.", "")
    assert words == "It cost five dollars in all." and "U+0000" in hint and "未朗读" in hint
    assert speak.read("1:1000", "zf_xiaoxiao")[1] == "一比一千"
    assert speak.read("1:1000", "af_heart")[1] == "one to one thousand"
    assert speak.read("x" * 2001, "") == ("", "")  # the request says so when it is run
    assert speak.read(None, None) == ("", "")  # type: ignore[arg-type]


def test_a_corrected_reading_is_spoken_and_the_text_is_kept() -> None:
    text, phonemes = speak.corrected("five bucks", "$5", "", "kokoro-82m")
    assert text == "$5" and phonemes == "fˈIv bˈʌks"
    assert speak.corrected("five bucks", "$5", "", "vits-ljspeech") == ("five bucks", "")
    with pytest.raises(InvalidRequestError, match="at most 12000 characters; got 12001"):
        speak.corrected("x" * 12_001, "", "", "kokoro-82m")
