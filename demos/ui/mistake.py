"""*Find the mistake*: an answer with its errors left in; the reader marks the sentences that are wrong, the page tells.

What a sentence is, and why it is right or wrong, was judged by people; the answer itself is as the model wrote it, with its recipe
beside it in ``docs/gallery``. ``mistake.js`` marks and tells.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import NamedTuple

import gradio as gr

from demos.ui.gallery import example_output
from demos.ui.i18n import Text, both, both_text, t


class Judged(NamedTuple):
    """A sentence of the answer, in the order in which it stands there."""

    sentence: str
    wrong: bool
    why: Text


CHAT: Sequence[Judged] = (
    Judged(
        "The sky is blue, and it's because of something called the scattering of light.", False,
        Text("Right: air scatters sunlight, blue most (Rayleigh scattering).", "正确：空气散射阳光，蓝光最多（瑞利散射）。"),
    ),
    Judged(
        "When sunlight reaches our planet, it's made up of different colors: red, orange, yellow, green, blue, and purple.", False,
        Text("Right: white sunlight is a mixture of all colours.", "正确：白色的阳光由各种颜色混合而成。"),
    ),
    Judged(
        "These colors are scattered in all directions by air molecules.", False,
        Text("Right, though not all colours equally, which is the point.", "正确；但各色光被散射的程度不同，这正是关键。"),
    ),
    Judged(
        "This process happens when there's a lot of air molecules that move quickly across the surface of the Earth.", True,
        Text(
            "Wrong: scattering needs molecules, not that they move, and it happens in the whole depth of the air.",
            "错误：散射只需要有分子，与分子是否快速移动无关，而且发生在整层大气之中。",
        ),
    ),
    Judged(
        "When these air molecules hit tiny particles like water droplets on the surface of the Earth, they get broken down into smaller pieces.", True,
        Text("Wrong: nothing breaks. Light changes its direction; the molecules stay what they are.", "错误：没有东西被打碎。改变的是光的方向，分子并无变化。"),
    ),
    Judged(
        "The shorter wavelengths of light (blue) are scattered more than the longer wavelengths (red).", False,
        Text("Right: about as 1/λ⁴, so blue some four times as much as red.", "正确：强度约与 1/λ⁴ 成正比，蓝光约为红光的四倍。"),
    ),
    Judged(
        "So, this causes the sky to appear blue.", False,
        Text("Right: from everywhere above, scattered blue light reaches the eye.", "正确：天空各处散射来的光中，蓝光最多。"),
    ),
    Judged(
        "It's amazing how simple things can be explained with just one sentence!", True,
        Text("Wrong: it took eight sentences, and two of them were false.", "错误：用了八句话，其中两句还是错的。"),
    ),
)  # fmt: skip
SUMMARY: Sequence[Judged] = (
    Judged(
        "After eleven years of argument, the city council of Norvik voted on Tuesday night to build the first tram line the town has had since 1958.",
        False,
        Text("Right: the first sentence of the source, word for word.", "正确：与原文第一句一字不差。"),
    ),
    Judged(
        "The line will run 12.4 kilometres from the harbour to the university hospital, with 19 stops along the way, and will carry 61,000 passengers on a working day.",
        True,
        Text(
            "Wrong: 61,000 is what the town's buses carry; of the tram 38,000 are expected. The number stands in the source, so no check of numbers finds this.",
            "错误：61,000 是全市公交的日客流，电车预计为 38,000。该数字原文中有，仅核对数字查不出这个错误。",
        ),
    ),
    Judged(
        "The line will cost 486 million euros, and the national government pays 60 percent, the region 15 percent, and the city 15 percent.",
        True,
        Text(
            "Wrong: the city pays the rest, 25 percent. The model repeated the percentage before it.",
            "错误：其余由市里承担，即 25%。模型照抄了前面的百分比。",
        ),
    ),
)  # fmt: skip


def place(name: str, judged: Sequence[Judged], given: Text) -> None:
    """A folded section with one answer.

    Args:
        name: Of the kept answer in ``docs/gallery``.
        given: What the model was asked.
    """
    if example_output(name) is None:
        return
    with gr.Accordion(t("Find the mistake", "找错"), open=False, elem_classes=["find-mistake"]):
        gr.HTML(view(judged, given), padding=False)


def view(judged: Sequence[Judged], given: Text) -> str:
    """The answer, each sentence a button, and where the page tells."""
    sentences = " ".join(
        f'<button type="button" class="judged" aria-pressed="false" data-wrong="{int(one.wrong)}">{html.escape(one.sentence)}</button>'
        f'<small class="why" hidden>{both_text(*one.why)}</small>'
        for one in judged
    )
    ask = both_text(
        "A real answer of a small model, not edited. Mark every sentence that is wrong, then let the page tell.",
        "小型模型的真实输出，未作改动。请标出所有错误的句子，再看答案。",
    )
    found = both('Found <b class="found">0</b> of <b class="all">0</b>, and <b class="false">0</b> right ones marked.',
                 '错句共 <b class="all">0</b> 句，找到 <b class="found">0</b> 句，误标 <b class="false">0</b> 句。')  # fmt: skip
    return (
        f'<div class="mistake"><p>{ask}</p><p class="given">{both_text(*given)}</p><p class="answer" lang="en">{sentences}</p>'
        f'<p><button type="button" class="tell">{both_text("Tell me", "看答案")}</button> <span class="score" role="status" hidden>{found}</span></p></div>'
    )
