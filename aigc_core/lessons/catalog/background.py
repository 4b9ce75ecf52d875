"""Figures about what generative models are and where they come from."""

from aigc_core.lessons.figure import Choice, FigureRow, Slider
from aigc_core.lessons.words import Words

_FIGURES = "aigc_core.lessons.figures.background"

SHANNON = FigureRow(
    name="shannon",
    title=Words("The oldest text generator (1948)", "最早的文本生成（1948 年）"),
    target=f"{_FIGURES}.shannon:frames",
    controls={
        "order": Slider(label=Words("order n", "阶数 n"), minimum=1, maximum=9, default=4),
        "language": Choice(
            label=Words("course in", "课程语言"),
            options={"en": Words("English", "英文"), "zh": Words("Chinese", "中文")},
            default="en",
        ),
    },
    shows_words=True,
)

COST = FigureRow(
    name="training-cost",
    title=Words("What training costs", "训练要花多少计算"),
    target=f"{_FIGURES}.cost:frames",
    controls={
        "speed": Slider(
            label=Words("your machine: 10^x operations a second", "你的机器：每秒 10^x 次运算"),
            minimum=9,
            maximum=18,
            default=10.5,
            step=0.5,
        ),
    },
    seeded=False,
    shows_words=True,
)

CLASSES = FigureRow(
    name="border-and-density",
    title=Words("A border, or the classes themselves", "只学边界，还是学会每一类"),
    target=f"{_FIGURES}.classes:frames",
    controls={
        "points": Slider(label=Words("labelled points", "带标签的点"), minimum=4, maximum=200, default=40, step=2)
    },
)

FORECAST = FigureRow(
    name="curve-forecast",
    title=Words("A forecast, and what came", "预测与事实"),
    target=f"{_FIGURES}.forecast:frames",
    controls={
        "seen": Slider(label=Words("steps seen", "已知的步数"), minimum=600, maximum=3600, default=1200, step=200),
    },
    seeded=False,
)

FIGURES = (SHANNON, COST, CLASSES, FORECAST)
