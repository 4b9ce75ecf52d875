"""Speech: text read aloud, with its phonemes, waveform and mel spectrogram.

Rows in aigc_core/catalog/speak.py; pipelines in aigc_core/pipelines/speech/kokoro.py and aigc_core/pipelines/pretrained/{vits,
speecht5}.py; phonemes in aigc_core/nlp/phonemes.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from aigc_core import registry
from aigc_core.errors import InvalidRequestError
from aigc_core.nlp import phonemes, reading
from aigc_core.nlp.reading import language_of
from aigc_core.nlp.text_normalization import listed
from aigc_core.tasks.fields import limits
from aigc_core.tasks.speak import SpeakRequest, Speech
from aigc_core.types import Result
from demos.speak import words as speak_words
from demos.speak.live import part
from demos.ui import openings, player, playhead
from demos.ui.assets import markdown
from demos.ui.components import Dropdown, PageButton, PageHTML, PageImage, PageTextbox, Textbox
from demos.ui.gallery import example, example_output
from demos.ui.i18n import Text, bilingual, both, both_text, t
from demos.ui.player import Update
from demos.ui.studio import Studio
from demos.ui.tab import Tab, Values
from demos.ui.wiring import QUIET

TITLE = Text("Speech", "语音合成")
LEAD = Text(
    "Text becomes speech: letters to phonemes, phonemes to sound, sentence by sentence. English and Chinese, 36 voices.",
    "把文字读出来：文本转音素，音素转波形，逐句合成。支持中文与英文，共 36 种音色。",
)
LONGEST_READING = 12_000
"""Characters: 2,000 digits in words fill it."""
SAMPLE = openings.SPEECH[""]
PREVIOUS = Text("The previous speech:", "上一段语音：")
_GROUPS = {
    "a": ("American English", "美式英语", "en"),
    "b": ("British English", "英式英语", "en"),
    "z": ("Mandarin", "普通话", "zh"),
    "j": ("Japanese, reserve", "日语（备用）", ""),
}
_AUTO = (bilingual("Automatic, by the language of the text", "自动（随文本语言）"), "")


def voices(model: str) -> list[tuple[str, str]]:
    """Choices of the voice picker, grouped by language; only the automatic one for models with a single voice."""
    named = registry.find(model, "speak").options.get("voice", ())
    return [_AUTO, *((_label(name), name) for name in named)]


def _label(voice: str) -> str:
    en, zh, _ = _GROUPS[voice[0]]
    sex = Text("male", "男声") if voice[1] == "m" else Text("female", "女声")
    name = voice[3:].capitalize()
    return bilingual(f"{en} · {name} · {sex.en}", f"{zh} · {name} · {sex.zh}")


def advice(text: str, voice: str) -> str:
    """A hint where voice and text differ in language; empty where they fit."""
    if not isinstance(text, str) or not isinstance(voice, str):
        return ""
    spoken = _GROUPS.get(voice[:1], ("", "", ""))[2]
    if not spoken or not text.strip() or language_of(text) == spoken:
        return ""
    better = registry.list_models("speak")[0].settings.get("voice_for", {}).get(language_of(text))
    if better is None:
        return ""
    return f'<div class="status">{both(f"This voice will have an accent. For this text: {better}", f"该音色读这段文字会带口音，建议改用 {better}")}</div>'


def read(text: str, voice: str) -> tuple[str, str]:
    """The hint under the voice, and the text in words; longer text than a request takes is left to the request."""
    text, voice = str(text or ""), str(voice or "")
    if len(text) > (limits(SpeakRequest, "text").maximum or 0):
        return "", ""
    made = reading.read(text, "zh" if voice.startswith("z") else "en")
    hint = advice(text, voice)
    if made.dropped:
        shown = listed(made.dropped)
        hint += f'<div class="status">{both_text(f"Not spoken: {shown}", f"未朗读的符号：{shown}")}</div>'
    return hint, made.text


def corrected(words: str, text: str, voice: str, model: str) -> tuple[str, str]:
    """Text and phonemes that speak an edited reading; a model that reads letters gets the reading as its text.

    Raises:
        InvalidRequestError: the reading is longer than a text in words can be.
    """
    words, text, voice = str(words or ""), str(text or ""), str(voice or "")
    if len(words) > LONGEST_READING:
        raise InvalidRequestError(
            f"The reading has at most {LONGEST_READING} characters; got {len(words)}. Shorten it.",
            f"读法最多 {LONGEST_READING} 个字符，当前 {len(words)} 个，请缩短。",
        )
    if not registry.find(model, "speak").options.get("voice"):
        return words, ""
    default: reading.Language = "zh" if voice.startswith("z") else "en"
    return text, phonemes.script(words, british=voice.startswith("b"), default=default).phonemes


def facts(result: Result) -> str:
    """Real-time factor, and what the pipeline had to leave out or replace."""
    length = result.output.audio.duration_s
    factor = result.seconds / max(length, 0.01)
    lines = [
        both(
            f"{length:.1f} s of speech in {result.seconds:.1f} s · real-time factor {factor:.2f}",
            f"语音 {length:.1f} 秒，耗时 {result.seconds:.1f} 秒 · 实时率 {factor:.2f}",
        )
    ]
    if dropped := str(result.info.get("dropped", "")):
        lines.append(both_text(f"Not spoken: {listed(dropped)}", f"未朗读的符号：{listed(dropped)}"))
    if wanted := result.info.get("voice_wanted"):
        lines.append(
            both_text(
                f"Voice {wanted} could not be fetched (it needs npm or the hub); {result.info['voice']} spoke instead.",
                f"音色 {wanted} 无法获取（需要 npm 或模型站），已改用 {result.info['voice']}。",
            )
        )
    return f'<div class="status">{" · ".join(lines)}</div>'


def build(studio: Studio) -> None:
    made, drawn, kept = example("speak", ".wav"), example("speak", ".png"), example_output("speak-words")
    with Tab(studio, SpeakRequest, LEAD, verb=Text("Speak", "朗读")) as tab:
        with tab.left():
            text = tab.control("text", lines=4, value=SAMPLE)
            voice = tab.bind("voice", Dropdown(voices(""), value="", label=t("Voice", "音色")))
            hint = gr.HTML("", padding=False)
            tab.control("speed", minimum=0.5, maximum=2.0)
            tab.model()
        with tab.advanced():
            gr.Checkbox(False, label=t("Listen while it is made", "边合成边播放"), elem_classes=["speak-live"])
            tab.seed()
            tab.bind("phonemes", Textbox("", visible=False, label="phonemes"))
        with tab.right():
            playhead.previous(PREVIOUS)
            sound = playhead.sound(made[0] if made else None)
            live = PageHTML("", elem_classes=["speak-stream"], padding=False)
            picture = PageImage(
                drawn[0] if drawn else None,
                show_label=False,
                interactive=False,
                buttons=["download", "fullscreen"],
                elem_classes=["speak-picture", playhead.PICTURE, "made"],
            )
            spoken = PageHTML(speak_words.of_record(kept) if kept else "", padding=False)
            numbers = PageHTML("", elem_classes=["speak-facts"], padding=False)
            words = PageTextbox(
                reading.read(SAMPLE).text,
                lines=2,
                max_lines=6,
                max_length=LONGEST_READING,
                interactive=True,
                label=t("Reading: what will be said (you can correct it)", "读法：实际朗读的文字（可修改）"),
                elem_classes=["speak-reading"],
            )
            say_words = PageButton(t("Speak this reading", "按此读法朗读"), size="sm")
            shown = PageTextbox(
                made[1]["info"]["phonemes"] if made else "",
                lines=3,
                max_lines=8,
                interactive=True,
                label=t("Phonemes (you can edit them)", "音素（可编辑）"),
                elem_classes=["speak-phonemes"],
            )
            say = PageButton(t("Speak these phonemes", "按以上音素朗读"), size="sm")

        def show(result: Result, files: Mapping[str, str], values: Values) -> Update:
            made = {sound: files["audio"], picture: files["picture"], shown: result.output.phonemes}
            said = speak_words.view(result.output.words, result.output.audio.duration_s)
            return {**made, spoken: said, numbers: facts(result)}

        def preview(speech: Speech, values: Values) -> Update:
            heard = {live: part(speech)} if len(speech.audio.samples) else {}
            return {**heard, shown: speech.phonemes, numbers: ""}

        tab.run([sound, live, picture, spoken, shown, numbers], show, preview)
        given = tab.fields["phonemes"]
        tab.follow(say.click(lambda edited: str(edited or ""), [shown], [given], **QUIET)).then(
            lambda: "", [], [given], **QUIET
        )
        gr.on([text.input, tab.stop.click], lambda: "", [], [given], **QUIET)  # the text speaks again
        tab.follow(
            say_words.click(player.guard(corrected), [words, text, voice, tab.fields["model"]], [text, given], **QUIET)
        ).then(lambda: "", [], [given], **QUIET)
        gr.on(
            [text.change, voice.change],
            player.guard(read),
            [text, voice],
            [hint, words],
            trigger_mode="always_last",
            **QUIET,
        )
        tab.on_model(lambda name: {voice: gr.update(choices=voices(name), value="")}, [voice])
        tab.examples(EXAMPLES)
        if made is not None:
            tab.recipe.value, tab.chosen.value = made[1], openings.chosen("speak")
            english, chinese = (_opens(tab, sound, picture, spoken, shown, ending) for ending in openings.SPEECH)
            tab.opens(english, chinese)
        tab.how(*markdown("speak", "how"), source="aigc_core/pipelines/speech/kokoro.py", lessons=["sound-and-video"])


def _opens(tab: Tab, sound: Any, picture: Any, spoken: Any, shown: Any, ending: str) -> Update:
    """A kept speech, with its text; ``ending`` is that of its files' names."""
    made, drawn, kept = (
        example(f"speak{ending}", ".wav"),
        example(f"speak{ending}", ".png"),
        example_output(f"speak-words{ending}"),
    )
    assert made and drawn and kept
    heard = {sound: made[0], picture: drawn[0], spoken: speak_words.of_record(kept), shown: made[1]["info"]["phonemes"]}
    settings = {
        tab.fields["text"]: openings.SPEECH[ending],
        tab.fields["voice"]: "",
        tab.fields["model"]: made[1]["model"],
    }
    return {**settings, **heard, tab.recipe: made[1], tab.chosen: openings.chosen(f"speak{ending}")}


EXAMPLES: list[tuple[str, str, dict[str, Any]]] = [
    (
        "Numbers and dates",
        "数字与日期",
        {
            "text": "On May 1st, 2024, Dr. Smith paid $3.50 for 12 apples at 5:30 p.m. It was 20°C, 5% warmer than in 1984!",
            "voice": "bf_emma",
            "speed": 1.0,
            "phonemes": "",
        },
    ),
    (
        "A calm story",
        "舒缓的故事",
        {
            "text": "The lighthouse keeper climbed the stairs one last time. Below him, the sea breathed in the dark. He lit the lamp, and waited.",
            "voice": "am_michael",
            "speed": 0.9,
            "phonemes": "",
        },
    ),
    (
        "Chinese",
        "中文",
        {
            "text": "你好！这段语音由八千万参数的小模型合成，不需要显卡。今天是2024年5月1日，气温20℃，适合去公园走走。",
            "voice": "zf_xiaoxiao",
            "speed": 1.0,
            "phonemes": "",
        },
    ),
    (
        "Mixed",
        "中英混读",
        {
            "text": "我用Python写了一个AI程序，它可以把文字变成语音。Amazing, isn't it?",
            "voice": "zm_yunxi",
            "speed": 1.0,
            "phonemes": "",
        },
    ),
]
