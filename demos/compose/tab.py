"""Music: four-part chorales from counts of Bach's, or any music from a text prompt.

Rows in aigc_core/catalog/compose.py; pipelines in aigc_core/pipelines/music/markov_music.py (model in chorale_ngram.py, writing in
composer.py) and aigc_core/pipelines/music/musicgen.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from aigc_core import registry
from aigc_core.tasks.compose import ComposeRequest
from aigc_core.types import Result
from demos.ui.assets import markdown
from demos.ui.components import Dropdown, FileInput, PageHTML
from demos.ui.gallery import ROOT, example
from demos.ui.i18n import Text, both, t
from demos.ui.player import Update
from demos.ui.studio import Studio
from demos.ui.tab import Tab, Values

TITLE = Text("Music", "音乐生成")
LEAD = Text(
    "A chorale in the manner of Bach, written voice by voice in a second: listen, watch the notes, take the MIDI home.",
    "一秒写出一首巴赫风格的四声部众赞歌：可以试听、看钢琴卷帘、下载 MIDI。",
)


_SOURCE = "aigc_core/pipelines/music/composer.py"
INSTRUMENTS = {
    "piano": "钢琴",
    "organ": "管风琴",
    "choir": "合唱",
    "strings": "弦乐",
    "string-quartet": "弦乐四重奏",
    "woodwinds": "木管",
    "brass": "铜管",
    "harpsichord": "羽管键琴",
    "guitar": "吉他",
    "vibraphone": "颤音琴",
    "music-box": "八音盒",
}


def instruments(model: str) -> list[tuple[str, str]]:
    """Choices of a model; only the automatic one where it has none."""
    names = registry.find(model, "compose").options.get("instrument", ())
    return [("Default · 默认", ""), *((f"{name} {INSTRUMENTS.get(name, '')}", name) for name in names)]


def facts(info: Mapping[str, Any]) -> str:
    """Key, phrases, and how much of the primer was used; HTML."""
    if "key" not in info:
        return ""
    tonic, mode = str(info["key"]).split()
    zh_mode = "大调" if mode == "major" else "小调"
    lines = [
        both(
            f"{tonic} {mode}, {info['phrases']} phrases, {info['bars']} bars",
            f"{tonic} {zh_mode}，{info['phrases']} 个乐句，{info['bars']} 小节",
        )
    ]
    if bars := info.get("primer_bars"):
        lines.append(both(f"the first {bars} are your primer, in eighths", f"前 {bars} 小节为引子（量化到八分音符）"))
    if left := info.get("primer_notes_left_out"):
        lines.append(both(f"{left} earlier notes of the primer were left out", f"引子中更早的 {left} 个音未使用"))
    return f'<div class="status">{" · ".join(lines)}</div>'


def control_updates(model: str) -> tuple[Any, Any]:
    """The model's instruments, and a number of bars: four where sound is made sample by sample."""
    symbolic = bool(registry.find(model, "compose").options)
    return gr.update(choices=instruments(model), value=""), gr.skip() if symbolic else gr.update(value=4)


def build(studio: Studio) -> None:
    """The tab."""
    played, roll, notes = (example("compose", suffix) for suffix in (".flac", ".png", ".mid"))
    recipe = roll[1] if roll else None
    with Tab(studio, ComposeRequest, LEAD, verb=Text("Compose", "作曲")) as tab:
        with tab.left():
            tab.model()
            prompt = tab.control("prompt", lines=2)
            bars = tab.control("bars")
            instrument = tab.bind("instrument", Dropdown(instruments(""), value="", label=t("Instrument", "乐器")))
        with tab.more():
            tab.control("temperature", info=t("lower: safer; higher: more surprising", "低则稳妥，高则多变"))
            tab.seed(recipe["seed"] if recipe else 0)
            with tab.advanced():
                tab.control("tempo")
                tab.bind(
                    "primer",
                    FileInput(
                        file_types=[".mid", ".midi"],
                        height=110,
                        label=t("Primer: a MIDI file to go on from", "引子：从这段 MIDI 续写"),
                    ),
                )
        with tab.right():
            sound = gr.Audio(
                played[0] if played else None,
                type="filepath",
                interactive=False,
                show_label=False,
                buttons=["download"],
            )
            midi = gr.File(notes[0] if notes else None, label="MIDI", interactive=False, height=84)
            picture = gr.Image(
                roll[0] if roll else None,
                type="filepath",
                format="png",
                show_label=False,
                interactive=False,
                buttons=["download", "fullscreen"],
                elem_classes=["compose-roll"],
            )
            line = PageHTML(facts(recipe["info"]) if recipe else "", elem_classes=["compose-facts"], padding=False)

        def show(result: Result, files: Mapping[str, str], values: Values) -> Update:
            made = {sound: files["audio"], midi: files.get("midi"), picture: files["piano_roll"]}
            return {**made, line: facts(result.info)}

        tab.run([sound, midi, picture, line], show, lambda music, values: {picture: music.piano_roll}, also=[prompt])
        tab.on_model(
            lambda model: dict(zip((instrument, bars), control_updates(model), strict=True)), [instrument, bars]
        )
        tab.examples(EXAMPLES)
        tab.recipe.value = recipe
        tab.how(*markdown("compose", "how"), source=_SOURCE, line=_line_of("def compose"), lessons=["sound-and-video"])


def _line_of(text: str) -> int:
    lines = (ROOT / _SOURCE).read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


_PLAIN: dict[str, Any] = {
    "model": registry.list_models("compose")[0].name,
    "bars": 8,
    "temperature": 1.0,
    "tempo": 96,
    "instrument": "piano",
    "prompt": "",
    "primer": None,
}
EXAMPLES: list[tuple[str, str, dict[str, Any]]] = [
    ("Organ chorale", "管风琴众赞歌", {**_PLAIN, "instrument": "organ", "bars": 16, "tempo": 84, "seed": 4}),
    ("String quartet", "弦乐四重奏", {**_PLAIN, "instrument": "string-quartet", "tempo": 76, "seed": 11}),
    ("Calm music box", "八音盒", {**_PLAIN, "instrument": "music-box", "temperature": 0.7, "tempo": 120, "seed": 2}),
    ("Bold harmony", "大胆的和声", {**_PLAIN, "temperature": 1.6, "seed": 21}),
]
