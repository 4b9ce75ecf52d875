"""Figures about quality, cost and copying."""

from aigc_core.lessons.figure import Choice, FigureRow, Slider
from aigc_core.lessons.words import Words

QUALITY_DIVERSITY = FigureRow(
    name="quality-diversity",
    title=Words("Quality against diversity", "质量与多样性"),
    target="aigc_core.lessons.figures.challenges.quality_diversity:frames",
    controls={
        "model": Choice(
            label=Words("model", "模型"),
            options={
                "faces-gan-128": Words("faces-gan-128", "faces-gan-128"),
                "faces-vae-64": Words("faces-vae-64", "faces-vae-64"),
            },
            default="faces-gan-128",
        ),
        "truncation": Slider(
            label=Words("truncation ψ", "截断系数 ψ"), minimum=0.5, maximum=1.2, default=0.7, step=0.05
        ),
    },
)
MEMORISATION = FigureRow(
    name="memorisation",
    title=Words("The perfect denoiser copies", "完美的去噪器只会复制"),
    target="aigc_core.lessons.figures.challenges.memorisation:frames",
    controls={
        "width": Slider(label=Words("blur h of each training point", "每个训练点的模糊宽度 h"), minimum=0.0, maximum=0.3, default=0.0, step=0.02),
        "count": Slider(label=Words("training points", "训练点数量"), minimum=8, maximum=256, default=32, step=8),
    },
)  # fmt: skip
COST = FigureRow(
    name="cost",
    title=Words("What one of each costs on this machine", "在这台机器上，各生成一个要多少成本"),
    target="aigc_core.lessons.figures.challenges.cost:frames",
    controls={
        "watts": Slider(
            label=Words("watts of a busy core", "每个满载核心的功率（瓦）"), minimum=2, maximum=30, default=8, step=1
        ),
    },
    timed=True,
)
SCALING_LAW = FigureRow(
    name="scaling-law",
    title=Words("A scaling law, tested on itself", "用自己检验的缩放定律"),
    target="aigc_core.lessons.figures.challenges.scaling_law:frames",
    controls={
        "shown": Slider(label=Words("share of the curve that is fitted", "参与拟合的曲线比例"), minimum=0.3, maximum=1.0, default=0.5, step=0.1),
        "kind": Choice(
            label=Words("texts", "文本"),
            options={"novels": Words("novels", "小说"), "simple": Words("simple stories", "简单故事")},
            default="novels",
        ),
    },
    seeded=False,
)  # fmt: skip

FIGURES = (QUALITY_DIVERSITY, MEMORISATION, COST, SCALING_LAW)
