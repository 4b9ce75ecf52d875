"""The first page: what each tab does, what is ready on this machine, and what the rest would cost."""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import gradio as gr
from PIL import Image, ImageOps

from aigc_core import registry, resources, weights
from aigc_core.errors import InvalidRequestError
from aigc_core.files import PICTURE_FORMATS
from aigc_core.tasks import TASKS
from aigc_core.types import ModelSpec
from demos.ui import models, player
from demos.ui.components import Dropdown, PageHTML
from demos.ui.gallery import GALLERY, example_output
from demos.ui.i18n import Text, bilingual, both, both_text, t
from demos.ui.sections import when_expanded
from demos.ui.studio import Studio
from demos.ui.wiring import QUIET

TITLE = Text("Start", "首页")

TILES: Mapping[str, tuple[Text, Text]] = {
    "learn": (
        Text("Learn", "课程"),
        Text(
            "How all this works, from the first idea to the code: lessons whose figures you can move.",
            "从直觉到代码讲清这一切：课程中的每张图都可以亲手拨动。",
        ),
    ),
    "faces": (
        Text("Faces", "人脸生成"),
        Text(
            "Faces of people who do not exist, drawn from random numbers; morph one into another.",
            "从随机数画出并不存在的人脸，并可在两张脸之间渐变。",
        ),
    ),
    "stylize": (
        Text("Style transfer", "风格迁移"),
        Text(
            "Repaint your photo in one of 42 styles, or in the style of any picture.",
            "用 42 种内置风格或任意一张图片的风格重绘你的照片。",
        ),
    ),
    "inpaint": (
        Text("Inpainting", "图像修复"),
        Text("Brush over scratches, text or objects and have the gap filled.", "涂抹划痕、文字或物体，自动补全空缺。"),
    ),
    "continue_text": (
        Text("Text continuation", "文本续写"),
        Text(
            "Let a language model write on, and see what else it considered at each word.",
            "让语言模型接着写，并查看每个词的其他候选。",
        ),
    ),
    "chat": (
        Text("Dialogue", "对话"),
        Text(
            "Talk with a small assistant; edit, retry, and read the exact prompt it sees.",
            "与小型助手对话，可编辑、重试，并查看模型实际收到的提示词。",
        ),
    ),
    "summarize": (
        Text("Summarization", "文本摘要"),
        Text(
            "Several summarizers side by side, each sentence linked to its source.",
            "多种摘要方法并排比较，每句都能回溯原文。",
        ),
    ),
    "compose": (
        Text("Music", "音乐生成"),
        Text(
            "Four-voice pieces after Bach's chorales, as sound, MIDI and piano roll.",
            "仿巴赫众赞歌的四声部小品，输出音频、MIDI 与钢琴卷帘。",
        ),
    ),
    "speak": (
        Text("Speech", "语音合成"),
        Text("English and Chinese voices read your text, sentence by sentence.", "中英文多种音色逐句朗读你的文本。"),
    ),
}
COLUMNS = ["name", "task", "title", "source", "size (MB)", "parameters", "licence", "state", "summary"]


def build(studio: Studio) -> None:
    gr.HTML(f"<p>{both_text(*_LEAD)}</p>", elem_classes=["lead"], padding=False)
    gr.HTML(_tiles, elem_classes=["tilesbox"], padding=False)
    with gr.Accordion(
        t("All models: source, size, licence, state", "全部模型：来源、大小、许可与状态"), open=False
    ) as rows:
        choices = [
            (bilingual("all", "全部"), "all"),
            *((bilingual(*TILES[name][0]), name) for name in TASKS if name in TILES),
        ]
        task = Dropdown(choices, value="all", label=t("Task", "任务"), filterable=False)
        shown = PageHTML("", padding=False, elem_classes=["wide"])
    for event in (rows.expand, task.change):
        event(player.guard(_table), [task], [shown], **QUIET)
    with when_expanded(rows), gr.Row(visible=False):  # for programs; a table alone brings a dozen files
        asked, table = (
            Dropdown(["all", *TASKS], value="all", label="task"),
            gr.Dataframe(headers=COLUMNS, label="models"),
        )
        gr.Button(visible=False).click(
            player.guard(_rows), inputs_kwargs={"task": asked}, outputs=[table], api_name="models", queue=False
        )
    gr.api(models.states, api_name="model_states", queue=False)
    if studio.broken:
        PageHTML(player.notice(*_broken(studio.broken)), padding=False)


_LEAD = Text(
    "Eight kinds of generative model on an ordinary CPU, with the code and the mathematics behind each click. "
    "Everything marked ready works without a network; the rest is fetched once, on first use.",
    "八类生成模型，普通 CPU 即可运行；每次点击的背后都能看到代码与数学原理。标为“已就绪”的功能无需联网，其余在首次使用时下载一次。",
)


def _tiles() -> str:
    """Drawn anew for every visit: what is ready changes."""
    costs = _measured()
    return f'<div class="tiles">{"".join(_tile(task, costs.get(task, {})) for task in TILES)}</div>'


def _tile(task: str, cost: Mapping[str, Any]) -> str:
    title, lead = TILES[task]
    rows = registry.list_models(task)
    if not rows:
        return ""
    first = rows[0]
    chips = [models.state_chip(first)]
    if weights.state(first.source).kind == "fetch" and "fetch_s" in cost:
        chips.append(f'<span class="chip">{both("about", "约")} {cost["fetch_s"] + cost["load_s"]:.0f} s</span>')
    if "result_s" in cost:
        chips.append(f'<span class="chip">{both("result in", "出结果")} {cost["result_s"]:.1f} s</span>')
    others = len(rows) - 1
    if others:
        chips.append(f'<span class="chip">+{others} {both("models", "个模型")}</span>')
    return (
        f'<button type="button" class="tile" onclick="aigcOpenTab(\'{task}\')">{_sample(task)}<h3>{both_text(*title)}</h3>'
        f'<p>{both_text(*lead)}</p><span class="chips">{"".join(chips)}</span></button>'
    )


@cache
def _sample(task: str) -> str:
    """A sample of the tab's work: a strip of its picture, or the beginning of its text."""
    picture = GALLERY / f"{task}.png"
    if picture.exists():
        with Image.open(picture, formats=PICTURE_FORMATS) as opened:
            strip = ImageOps.fit(opened.convert("RGB"), (544, 232), centering=(0.5, 0.0 if task == "faces" else 0.35))
        buffer = io.BytesIO()
        strip.save(buffer, "WEBP", quality=60)
        data = base64.b64encode(buffer.getvalue()).decode()
        return f'<img alt="" class="sample" width="272" height="116" src="data:image/webp;base64,{data}">'
    words = [(language, _words(f"{task}{ending}")) for language, ending in (("en", ""), ("zh-CN", "-zh"))]
    said = [(language, text) for language, text in words if text]
    return "".join(
        f'<span class="sample words{f" t-{language[:2]}" if len(said) > 1 else ""}" lang="{language}">{html.escape(text[:260])}</span>'
        for language, text in said
    )


def _words(name: str) -> str:
    """The text of a finished example; empty where there is none."""
    record = example_output(name)
    return str(record["output"].get("text") or _joined(record["output"])) if record else ""


def _joined(output: Mapping[str, Any]) -> str:
    return " ".join(sentence["text"] for sentence in output.get("sentences", ()))


def _measured() -> dict[str, dict[str, float]]:
    """Seconds per tab on two cores: of fetching and loading by ``benchmarks/first_run.py``, from click to result by ``felt.py``."""
    measured: dict[str, dict[str, float]] = _figures("first_run")
    for task, result_s in _figures("felt").get("tabs", {}).items():
        measured[task] = {**measured.get(task, {}), "result_s": result_s}
    return measured


def _figures(name: str) -> dict[str, Any]:
    file = resources.folder("docs") / f"{name}.json"
    return dict(json.loads(file.read_text("utf-8"))) if file.exists() else {}


def _rows(task: str = "all") -> list[list[Any]]:
    """The table of models, of one task or all."""
    if task not in ("all", *TASKS):
        raise InvalidRequestError(
            f"task must be one of: all, {', '.join(TASKS)}; got {task!r:.60}.",
            f"task 应为 all、{'、'.join(TASKS)} 之一，收到 {task!r:.60}。",
        )
    return [_row(spec) for spec in registry.list_models(None if task == "all" else task)]


_HEADINGS = (
    Text("Model", "模型"),
    Text("Task", "任务"),
    Text("State", "状态"),
    Text("Source", "来源"),
    Text("Size", "大小"),
    Text("Parameters", "参数量"),
    Text("Licence", "许可"),
    Text("What it is good for", "用途"),
)


def _table(task: str = "all") -> str:
    """The rows as the page shows them, in both languages, with chips that follow the state."""
    _rows(task)
    head = "".join(f"<th>{both_text(*heading)}</th>" for heading in _HEADINGS)
    body = "".join(map(_line, registry.list_models(None if task == "all" else task)))
    return f'<table class="models"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _line(spec: ModelSpec) -> str:
    size = weights.size(spec.source)
    cells = [
        f"<b>{both_text(*spec.titles)}</b><br><code>{html.escape(spec.name)}</code>",
        both_text(*TILES[spec.task][0]) if spec.task in TILES else html.escape(spec.task),
        models.state_chip(spec),
        both_text(*models.source_text(spec)),
        f"{size / 1e6:,.1f} MB" if size else "–",
        models.count(spec.parameters) if spec.parameters else "–",
        html.escape(spec.license),
        both_text(spec.summary, spec.summary_zh),
    ]
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _row(spec: Any) -> list[Any]:
    size = weights.size(spec.source)
    parameters = models.count(spec.parameters) if spec.parameters else ""
    source = models.source_text(spec).en
    state = models.chip_text(spec).en
    return [
        spec.name,
        spec.task,
        spec.title,
        source,
        None if size is None else round(size / 1e6, 1),
        parameters,
        spec.license,
        state,
        spec.summary,
    ]


def _broken(broken: Mapping[str, str]) -> tuple[str, str]:
    names = "; ".join(f"{html.escape(name)} ({reason})" for name, reason in broken.items())
    return f"Not available: {names}", f"不可用：{names}"
