"""First results of the tabs of text and speech: requests that ``scripts/openings.py`` runs, and why their results were chosen.

The results are not edited. Small models are often wrong, so that a first result at random would teach a mistake; the answers that
hold one are offered apart, to be found (:mod:`demos.ui.mistake`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from demos.ui.assets import read
from demos.ui.i18n import Text, both_text

SMOLLM2 = "chat-smollm2-135m"
CHAT: Mapping[str, Any] = {
    "message": "Explain to a child what recycling is, in two sentences.", "model": SMOLLM2, "max_new_tokens": 100, "seed": 2,
}  # fmt: skip
SKY: Mapping[str, Any] = {
    "message": "Explain to a child why the sky is blue.", "model": SMOLLM2, "max_new_tokens": 200, "seed": 1,
}  # fmt: skip
SENTENCES = 3
SUMMARIES: Mapping[str, str] = {
    "summarize-lead": "summarize-lead",
    "summarize-textrank": "summarize-textrank",
    "summarize": "summarize-smollm2-135m",
}
"""Model by the name of its file."""
SUMMARIES_ZH: Mapping[str, str] = {"summarize-lead-zh": "summarize-lead", "summarize-zh": "summarize-textrank"}
"""The same of the Chinese text; the model that writes summaries reads English alone."""
POEM: Mapping[str, Any] = {"prompt": "", "model": "text-poet-zh", "form": "七绝", "title": "秋夜", "seed": 4}
SPEECH: Mapping[str, str] = {
    "": "Speech begins as text. Letters become phonemes, and a small neural network, with eighty two million parameters, turns them into sound.",
    "-zh": "你好！这段语音由八千万参数的小模型合成，不需要显卡。今天是2024年5月1日，气温20℃，适合去公园走走。",
}
"""Text by the ending of the file's name."""

CHOSEN: Mapping[str, Text] = {
    "faces": Text(
        "Seeds 600 to 615: the best of seven runs of sixteen faces; not edited.",
        "种子 600–615：七次运行（每次十六张）中最好的一次，未作任何改动。",
    ),
    "chat": Text(
        "Chosen out of 14 answers to 10 questions because it is true and short; not edited. Several of the others were wrong.",
        "所用的小模型只会英文，所以开场是一段英文对话。问：用两句话给孩子讲讲什么是回收利用。答：回收就是把不用的东西（纸、塑料、玻璃、金属等）做成新的东西。"
        "选自 10 个问题的 14 条回答：内容属实、篇幅短，未作任何改动；其余回答中有多条出错。想用中文对话，请改选 Qwen（首次使用需下载）。",
    ),
    "summarize": Text(
        "The text was chosen out of 6 because here all three summaries are true; of SmolLM2's six, three were. Nothing is edited.",
        "原文从 6 篇中选出，因为三种摘要在此均属实（SmolLM2 的六篇摘要中有三篇属实）；输出未作任何改动。",
    ),
    "continue_text-zh": Text(
        "The best of 6 poems on the same title; not edited.", "从同题的 6 首中选出，未作任何改动。"
    ),
    "summarize-zh": Text(
        "Both take sentences as they are, so that nothing can be made up; not edited.",
        "两种方法都直接摘取原句，不会编造；输出未作任何改动。",
    ),
}


def text(name: str) -> str:
    """A text to summarize."""
    return read("summarize", f"texts/{name}.txt").strip()


def chosen(name: str) -> str:
    """Explain as HTML how an opening was chosen; an empty paragraph where nothing is known of it."""
    said = both_text(*CHOSEN[name]) if name in CHOSEN else ""
    return f'<p class="chosen">{said}</p>'
