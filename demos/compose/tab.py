"""Music: four-part chorales from counts of Bach's, or any music from a text prompt.

Rows in aigc_core/catalog/compose.py; pipelines in aigc_core/pipelines/music/markov_music.py (model in chorale_ngram.py, writing in
composer.py) and aigc_core/pipelines/music/musicgen.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from aigc_core import registry
from aigc_core.tasks.compose import KEYS, ComposeRequest, Music
from aigc_core.types import Result
from demos.compose import timeline
from demos.ui import playhead
from demos.ui.assets import markdown
from demos.ui.components import Dropdown, FileInput, PageHTML
from demos.ui.contact_sheet import address, small
from demos.ui.gallery import ROOT, example
from demos.ui.i18n import Text, bilingual, both, t
from demos.ui.names import INSTRUMENTS_ZH, key_zh
from demos.ui.player import Update
from demos.ui.studio import Studio
from demos.ui.tab import Tab, Values

TITLE = Text("Music", "音乐生成")
LEAD = Text(
    "A chorale in the manner of Bach, written voice by voice in a second: listen, watch the notes, take the MIDI home.",
    "一秒写出一首巴赫风格的四声部众赞歌：可以试听、看钢琴卷帘、下载 MIDI。",
)


_SOURCE = "aigc_core/pipelines/music/composer.py"


STYLES = {"chorale": "众赞歌", "pop": "流行"}
PRIMER_AS = {"beginning": "开头（续写）", "melody": "旋律（配和声）"}
PREVIOUS = Text("The previous piece:", "上一首：")


def choices_of(model: str, field: str, chinese: Mapping[str, str]) -> list[tuple[str, str]]:
    """A row's own choices for a field, labelled in both languages, after the one that leaves it to the model."""
    names = registry.find(model, "compose").options.get(field, ())
    return [
        (bilingual("default", "默认"), ""),
        *((bilingual(name.replace("-", " "), chinese.get(name, name)), name) for name in names),
    ]


KEYS_ZH = {key: key_zh(key) for key in KEYS}


def facts(info: Mapping[str, Any]) -> str:
    """Key, phrases, and how much of the primer was used; HTML."""
    if "key" not in info:
        return ""
    key, bars = str(info["key"]), info["bars"]
    length = [f"{bars} bars"], [f"{bars} 小节"]
    if phrases := info.get("phrases"):
        length = [f"{phrases} phrases", *length[0]], [f"{phrases} 个乐句", *length[1]]
    lines = [both(", ".join([key, *length[0]]), "，".join([key_zh(key), *length[1]]))]
    if bars := info.get("primer_bars"):
        lines.append(both(f"the first {bars} are your primer, in eighths", f"前 {bars} 小节为引子（量化到八分音符）"))
    if left := info.get("primer_notes_left_out"):
        lines.append(both(f"{left} earlier notes of the primer were left out", f"引子中更早的 {left} 个音未使用"))
    return f'<div class="status">{" · ".join(lines)}</div>'


def clock(music: Music, info: Mapping[str, Any]) -> str:
    """The playhead's timeline of a new piece."""
    if music.midi:
        return timeline.of_piece(music.midi, info["bars"])
    return timeline.of_sound(music.audio.duration_s)


def unfinished(music: Music) -> str:
    """The roll of a piece that is being written, as HTML."""
    said = both("Being written; it has no sound yet.", "正在谱写，尚无声音。")
    return f'<img alt="" src="{address(small(music.piano_roll, 1200), 80)}"><p>{said}</p>'


def control_updates(model: str) -> dict[str, Any]:
    """By field: the model's own choices, and a number of bars, four where sound is made sample by sample."""
    row = registry.find(model, "compose")
    choices = {field: gr.update(choices=choices_of(model, field, zh), value="") for field, zh in _CHINESE.items()}
    return {**choices, "bars": gr.skip() if row.options else gr.update(value=4)}


_CHINESE: Mapping[str, Mapping[str, str]] = {"instrument": INSTRUMENTS_ZH, "style": STYLES, "key": KEYS_ZH}
"""Fields whose choices are the model's, with the Chinese names of the choices."""


def build(studio: Studio) -> None:
    """The tab."""
    played, roll, notes = (example("compose", suffix) for suffix in (".flac", ".png", ".mid"))
    recipe = roll[1] if roll else None
    opened = timeline.of_piece(Path(notes[0]).read_bytes(), recipe["info"]["bars"]) if notes and recipe else ""
    with Tab(studio, ComposeRequest, LEAD, verb=Text("Compose", "作曲")) as tab:
        with tab.left():
            tab.model()
            prompt = tab.control("prompt", lines=2)
            tab.control("bars")
            _pick(tab, "style", "Style", "风格")
            _pick(tab, "instrument", "Instrument", "乐器")
        with tab.more():
            tab.control("temperature", info=t("lower: safer; higher: more surprising", "低则稳妥，高则多变"))
            tab.seed(recipe["seed"] if recipe else 0)
            with tab.advanced():
                tab.control("tempo")
                _pick(tab, "key", "Key", "调性")
                tab.bind(
                    "primer",
                    FileInput(
                        file_types=[".mid", ".midi"],
                        height=110,
                        label=t("Primer: a MIDI file to go on from", "引子：从这段 MIDI 续写"),
                    ),
                )
                uses: list[Any] = [(bilingual(name, zh), name) for name, zh in PRIMER_AS.items()]
                tab.control("primer_as", cls=Dropdown, choices=uses, filterable=False)
        with tab.right():
            draft = PageHTML("", elem_classes=["unfinished"], padding=False)
            playhead.previous(PREVIOUS)
            sound = playhead.sound(played[0] if played else None)
            midi = gr.File(notes[0] if notes else None, label="MIDI", interactive=False, height=84)
            picture = gr.Image(
                roll[0] if roll else None,
                type="filepath",
                format="png",
                show_label=False,
                interactive=False,
                buttons=["download", "fullscreen"],
                elem_classes=["compose-roll", playhead.PICTURE, "made"],
            )
            times = PageHTML(opened, padding=False)
            line = PageHTML(facts(recipe["info"]) if recipe else "", elem_classes=["compose-facts"], padding=False)

        def show(result: Result, files: Mapping[str, str], values: Values) -> Update:
            made = {sound: files["audio"], midi: files.get("midi"), picture: files["piano_roll"], draft: ""}
            return {**made, times: clock(result.output, result.info), line: facts(result.info)}

        tab.run(
            [sound, midi, picture, draft, times, line],
            show,
            lambda music, values: {draft: unfinished(music)},
            apart=True,
            also=[prompt],
        )
        following = [*_CHINESE, "bars"]
        tab.on_model(
            lambda model: {tab.fields[name]: update for name, update in control_updates(model).items()},
            [tab.fields[name] for name in following],
        )
        tab.examples(EXAMPLES)
        tab.recipe.value = recipe
        tab.how(*markdown("compose", "how"), source=_SOURCE, line=_line_of("def compose"), lessons=["sound-and-video"])


def _pick(tab: Tab, field: str, en: str, zh: str) -> None:
    """A choice among the model's own."""
    choices: list[Any] = choices_of(registry.list_models("compose")[0].name, field, _CHINESE[field])
    tab.bind(field, Dropdown(choices, value="", label=t(en, zh)))


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
    "primer_as": "beginning",
    "style": "",
    "key": "",
}
EXAMPLES: list[tuple[str, str, dict[str, Any]]] = [
    ("Organ chorale", "管风琴众赞歌", {**_PLAIN, "instrument": "organ", "bars": 16, "tempo": 84, "seed": 4}),
    ("String quartet", "弦乐四重奏", {**_PLAIN, "instrument": "string-quartet", "tempo": 76, "seed": 11}),
    ("Calm music box", "八音盒", {**_PLAIN, "instrument": "music-box", "temperature": 0.7, "tempo": 120, "seed": 2}),
    ("Bold harmony", "大胆的和声", {**_PLAIN, "temperature": 1.6, "seed": 21}),
]
