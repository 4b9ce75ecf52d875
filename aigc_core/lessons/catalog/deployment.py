"""Figures about speed, memory and serving."""

from aigc_core.lessons.figure import Choice, FigureRow, Slider
from aigc_core.lessons.words import Words

_FIGURES = "aigc_core.lessons.figures.deployment"

SPEED = FigureRow(
    name="speed-ups",
    title=Words("What makes it faster here", "在这台机器上怎样更快"),
    target=f"{_FIGURES}.speed:frames",
    controls={
        "work": Choice(
            label=Words("work", "任务"),
            options={"text": Words("write 12 tokens", "写 12 个 token"), "faces": Words("draw a face", "画一张脸")},
            default="text",
        ),
    },
    seeded=False,
    timed=True,
)

BITS = FigureRow(
    name="weight-bits",
    title=Words("Fewer bits for every weight", "每个权重少用几个比特"),
    target=f"{_FIGURES}.bits:frames",
    controls={
        "bits": Slider(label=Words("bits b", "比特数 b"), minimum=2, maximum=8, default=4),
        "scale": Choice(
            label=Words("scale", "缩放因子"),
            options={"row": Words("one a row", "每行一个"), "tensor": Words("one a matrix", "每个矩阵一个")},
            default="row",
        ),
    },
    seeded=False,
)

WAITING = FigureRow(
    name="waiting-line",
    title=Words("A server near its limit", "接近满负荷的服务器"),
    target=f"{_FIGURES}.waiting:frames",
    controls={
        "load": Slider(label=Words("load ρ", "负载 ρ"), minimum=0.1, maximum=0.95, default=0.8, step=0.05),
        "kind": Choice(
            label=Words("requests", "请求"),
            options={"equal": Words("all alike", "大小相同"), "mixed": Words("short and long", "有长有短")},
            default="mixed",
        ),
    },
)

FIGURES = (SPEED, BITS, WAITING)
