"""Words and phonemes under the mel spectrogram, and the legend of their symbols."""

from __future__ import annotations

import re

from aigc_core.media import mel
from aigc_core.tasks.speak import SpokenWord
from demos.speak import symbols
from demos.speak import words as speak_words
from demos.ui.i18n import bilingual

SAY = SpokenWord(text="say", phonemes="sˈA", edges=(0.5, 0.6, 0.65, 1.0))
IT = SpokenWord(text="<it>", phonemes="ɪt", edges=(1.0, 1.1, 1.5))


def test_a_word_stands_where_its_sound_does_in_the_picture() -> None:
    left, right = mel.time_axis()
    places = [float(place) for place in re.findall(r"--at:([\d.]+)%", speak_words.view([SAY, IT], 2.0))]
    assert [round(place, 1) for place in places] == [round(100 * (left + (right - left) * t / 2), 1) for t in (0.5, 1)]


def test_each_phoneme_has_its_time_and_its_meaning() -> None:
    shown = speak_words.view([SAY, IT], 2.0)
    hint = bilingual("IPA eɪ, as in say", "国际音标 eɪ，如 say")
    assert f'data-start="0.65" data-end="1" title="{hint}">A<' in shown and 'title="s">s<' in shown
    assert "&lt;it&gt;" in shown and "<it>" not in shown
    legend = symbols.legend(["sˈA"], chinese=False)
    assert "<dt>A</dt>" in legend and "<dt>O</dt>" not in legend
    assert symbols.legend(["s"], chinese=False) == ""


def test_chinese_words_show_pinyin_and_tones() -> None:
    hello = SpokenWord(text="你好", phonemes="ni↓xau↓", edges=tuple(i / 10 for i in range(8)))
    shown = speak_words.view([hello], 1.0)
    assert "nǐ hǎo" in shown and "第三声" in shown and "拼音 h" in shown


def test_a_speech_too_dense_for_an_axis_is_running_text() -> None:
    dense = [
        SpokenWord(text="parameters", phonemes="pəɹˈæmɪTəɹz", edges=tuple(i + j / 20 for j in range(12)))
        for i in range(90)
    ]
    assert "aligned" in speak_words.view(dense[:8], 8.0) and "aligned" not in speak_words.view(dense, 90.0)


def test_a_model_that_tells_no_times_gets_the_playhead_alone() -> None:
    assert re.fullmatch(r'<div class="timeline" data-stretches="[^"]+"></div>', speak_words.view([], 3.0))
