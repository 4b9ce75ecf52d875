"""Figures about where things are going."""

from aigc_core.lessons.figure import Choice, FigureRow, Slider
from aigc_core.lessons.words import Words

_HERE = "aigc_core.lessons.figures.trends"

LATENT_NOISE = FigureRow(
    name="latent-noise",
    title=Words("Noise on pixels, noise on latents", "像素上的噪声与潜变量上的噪声"),
    target=f"{_HERE}.latent_noise:frames",
    controls={"sigma": Slider(label=Words("noise, times", "噪声倍数"), minimum=0.25, maximum=2, default=1, step=0.25)},
)
COST = FigureRow(
    name="cost-by-side",
    title=Words("What a call costs, by the side of the map", "每次调用的开销与特征图边长"),
    target=f"{_HERE}.cost:frames",
    controls={"width": Slider(label=Words("channels", "通道数"), minimum=32, maximum=128, default=64, step=32)},
    seeded=False,
)
STRAIGHT = FigureRow(
    name="straight-paths",
    title=Words("Bent ways and straight ones", "弯路与直路"),
    target=f"{_HERE}.straight_paths:frames",
    controls={
        "steps": Slider(label=Words("steps", "步数"), minimum=1, maximum=16, default=2, step=1),
        "round": Choice(
            label=Words("velocity", "速度场"),
            options={"first": Words("first round", "第一轮"), "second": Words("after reflow", "reflow 之后")},
            default="second",
        ),
    },
)
STUDENT = FigureRow(
    name="one-step-student",
    title=Words("One call instead of forty steps", "一次调用代替四十步"),
    target=f"{_HERE}.student:frames",
    controls={
        "steps": Slider(label=Words("steps of learning", "学习步数"), minimum=40, maximum=500, default=300, step=20),
        "pairs": Slider(
            label=Words("pairs to learn from", "学习用的样本对"), minimum=20, maximum=2000, default=1000, step=20
        ),
    },
)
PAIRS = FigureRow(
    name="picture-and-caption",
    title=Words("Pictures and captions in one space", "图片与文字放进同一个空间"),
    target=f"{_HERE}.pairs:frames",
    controls={
        "steps": Slider(label=Words("steps of learning", "学习步数"), minimum=20, maximum=300, default=200, step=20),
        "held": Slider(
            label=Words("combinations never shown", "从不出示的组合"), minimum=0, maximum=32, default=12, step=4
        ),
    },
)

FIGURES = (LATENT_NOISE, COST, STRAIGHT, STUDENT, PAIRS)
