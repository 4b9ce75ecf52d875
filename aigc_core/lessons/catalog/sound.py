"""Figures about sound and video."""

from aigc_core.lessons.figure import Choice, FigureRow, Slider
from aigc_core.lessons.words import Words

_FIGURES = "aigc_core.lessons.figures.sound"

WINDOW = FigureRow(
    name="spectrogram-window",
    title=Words("Two tones, two clicks, one window", "两个音、两声咔嗒、一个窗"),
    target=f"{_FIGURES}.window:frames",
    controls={
        "window_ms": Slider(label=Words("window [ms]", "窗长 [毫秒]"), minimum=4, maximum=250, default=30, step=2),
    },
    seeded=False,
)

PHASES = FigureRow(
    name="griffin-lim",
    title=Words("Finding the phases again", "把相位找回来"),
    target=f"{_FIGURES}.phases:frames",
    controls={
        "steps": Slider(label=Words("steps", "迭代步数"), minimum=1, maximum=100, default=40),
        "momentum": Slider(label=Words("momentum α", "动量 α"), minimum=0, maximum=0.99, default=0.0, step=0.01),
    },
)

MEL = FigureRow(
    name="mel-filters",
    title=Words("A spectrogram as the ear counts", "按人耳的尺度看频谱"),
    target=f"{_FIGURES}.mel:frames",
    controls={"filters": Slider(label=Words("filters", "滤波器个数"), minimum=4, maximum=96, default=40)},
    seeded=False,
)

NOTES = FigureRow(
    name="next-note",
    title=Words("Which note comes next", "下一个音是什么"),
    target=f"{_FIGURES}.notes:frames",
    controls={
        "order": Slider(label=Words("order n", "阶数 n"), minimum=1, maximum=6, default=3),
        "temperature": Slider(label=Words("temperature", "温度"), minimum=0.2, maximum=2, default=1.0, step=0.1),
    },
)

WALK = FigureRow(
    name="latent-video",
    title=Words("A video as a path between faces", "视频：潜空间里的一条路"),
    target=f"{_FIGURES}.walk:frames",
    controls={
        "path": Choice(
            label=Words("path", "路径"),
            options={
                "noise": Words("every frame on its own", "每帧独立"),
                "line": Words("straight line", "直线"),
                "arc": Words("arc of the sphere (slerp)", "球面弧线（slerp）"),
            },
            default="arc",
        ),
        "count": Slider(label=Words("frames", "帧数"), minimum=4, maximum=24, default=12),
    },
)

FIGURES = (WINDOW, PHASES, MEL, NOTES, WALK)
