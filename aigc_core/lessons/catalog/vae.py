"""Figures about variational autoencoders."""

from aigc_core.lessons.figure import FigureRow, Slider
from aigc_core.lessons.words import Words

GAUSSIAN_KL = FigureRow(
    name="gaussian-kl",
    title=Words("KL divergence: the formula and an average over samples", "KL 散度：公式与采样平均"),
    target="aigc_core.lessons.figures.vae.gaussian_kl:frames",
    controls={
        "mean": Slider(label=Words("mean μ", "均值 μ"), minimum=-3, maximum=3, default=1.0, step=0.1),
        "deviation": Slider(
            label=Words("standard deviation σ", "标准差 σ"), minimum=0.1, maximum=3, default=0.5, step=0.1
        ),
    },
)

FIGURES = (GAUSSIAN_KL,)
