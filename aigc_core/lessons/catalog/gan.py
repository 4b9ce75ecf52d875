"""Figures about generative adversarial networks."""

from aigc_core.lessons.figure import Choice, FigureRow, Slider
from aigc_core.lessons.words import Words

_LOSSES = {
    "non-saturating": Words("non-saturating", "非饱和"),
    "saturating": Words("saturating", "饱和（极小极大）"),
    "hinge": Words("hinge", "合页"),
    "wasserstein": Words("Wasserstein, gradient penalty", "Wasserstein＋梯度惩罚"),
}
_PLAIN = {**_LOSSES, "wasserstein": Words("Wasserstein", "Wasserstein")}

LAB = FigureRow(
    name="gan-lab",
    title=Words("A GAN learns points in the plane", "GAN 学习平面上的点"),
    target="aigc_core.lessons.figures.gan.lab:frames",
    controls={
        "data": Choice(
            label=Words("data", "数据"),
            options={"ring": Words("ring of 8", "8 点环"), "grid": Words("grid of 25", "25 点网格")},
            default="ring",
        ),
        "loss": Choice(label=Words("loss", "损失"), options=_LOSSES, default="non-saturating"),
        "ratio": Slider(
            label=Words("learning rate, discriminator : generator", "学习率之比（判别器 : 生成器）"),
            minimum=0.1,
            maximum=4,
            default=2.5,
            step=0.1,
        ),
    },
)
COLLAPSE = FigureRow(
    name="mode-collapse",
    title=Words("Mode collapse, and what helps", "模式崩溃与对策"),
    target="aigc_core.lessons.figures.gan.lab:collapse_frames",
    controls={
        "remedy": Choice(
            label=Words("remedy", "对策"),
            options={
                "none": Words("none", "无"),
                "r1": Words("R1 penalty", "R1 惩罚"),
                "fast-discriminator": Words("faster discriminator", "提高判别器学习率"),
                "batch": Words("minibatch deviation", "小批量标准差"),
            },
            default="none",
        ),
    },
)
OPTIMAL = FigureRow(
    name="optimal-discriminator",
    title=Words("You are the generator", "由你来当生成器"),
    target="aigc_core.lessons.figures.gan.optimal:frames",
    controls={
        "mean": Slider(label=Words("mean of your samples", "样本均值"), minimum=-4, maximum=4, default=2.0, step=0.1),
        "deviation": Slider(label=Words("their standard deviation", "样本标准差"), minimum=0.3, maximum=2, default=0.6, step=0.1),
    },
)
DIRAC = FigureRow(
    name="dirac-gan",
    title=Words("Two numbers that chase each other", "两个互相追逐的数"),
    target="aigc_core.lessons.figures.gan.dirac:frames",
    controls={
        "loss": Choice(label=Words("loss", "损失"), options=_PLAIN, default="wasserstein"),
        "gamma": Slider(label=Words("weight γ of R1", "R1 的权重 γ"), minimum=0, maximum=6, default=0, step=0.05),
    },
    seeded=False,
)
DIVERGENCES = FigureRow(
    name="divergences-apart",
    title=Words("Two densities moved apart", "两个密度逐渐分开"),
    target="aigc_core.lessons.figures.gan.divergences:frames",
    controls={
        "distance": Slider(label=Words("distance Δ", "距离 Δ"), minimum=0, maximum=6, default=2.5, step=0.1),
        "shape": Choice(
            label=Words("shape", "形状"),
            options={"bump": Words("bump, 0 outside", "有界支撑的鼓包"), "gaussian": Words("Gaussian", "高斯")},
            default="bump",
        ),
    },
    seeded=False,
)
GENERATOR_LOSSES = FigureRow(
    name="generator-losses",
    title=Words("Three losses of one logit", "同一个 logit 的三种损失"),
    target="aigc_core.lessons.figures.gan.generator_losses:frames",
    controls={
        "logit": Slider(
            label=Words("logit ℓ of a generated sample", "生成样本的 logit ℓ"), minimum=-10, maximum=10, default=-6, step=0.5
        ),
    },
    seeded=False,
)
CRITICS = FigureRow(
    name="critics-and-gradients",
    title=Words("The better the discriminator, the worse the teacher?", "判别器越强，老师越差？"),
    target="aigc_core.lessons.figures.gan.critics:frames",
    controls={
        "loss": Choice(
            label=Words("loss of the discriminator", "判别器的损失"),
            options={
                "logistic": Words("logistic", "逻辑（交叉熵）"),
                "hinge": Words("hinge", "合页"),
                "wasserstein": Words("Wasserstein, gradient penalty", "Wasserstein＋梯度惩罚"),
            },
            default="logistic",
        ),
        "distance": Slider(label=Words("distance Δ", "距离 Δ"), minimum=0, maximum=4, default=3, step=0.25),
    },
)
LOG = FigureRow(
    name="gan-log",
    title=Words("The losses of our own runs", "本项目训练时的损失"),
    target="aigc_core.lessons.figures.gan.log:frames",
    controls={
        "model": Choice(
            label=Words("model", "模型"),
            options={
                "faces-fastgan-64": Words("projected GAN, from nothing", "投影 GAN，从零训练"),
                "faces-gan-128": Words("VAE decoder, trained on against discriminators", "VAE 解码器，继续做对抗训练"),
            },
            default="faces-fastgan-64",
        ),
    },
    seeded=False,
)
WALK = FigureRow(
    name="gan-walk",
    title=Words("A walk between two seeds", "两个种子之间的渐变"),
    target="aigc_core.lessons.figures.gan.faces:walk_frames",
    controls={
        "to": Slider(label=Words("seed at the end", "终点种子"), minimum=0, maximum=99, default=7),
        "path": Choice(
            label=Words("path", "路径"),
            options={"arc": Words("arc", "圆弧"), "line": Words("straight line", "直线")},
            default="arc",
        ),
    },
)
TRUNCATION = FigureRow(
    name="gan-truncation",
    title=Words("Truncation: quality against variety", "截断：质量与多样性"),
    target="aigc_core.lessons.figures.gan.faces:truncation_frames",
    controls={"psi": Slider(label=Words("truncation ψ", "截断 ψ"), minimum=0.5, maximum=1.2, default=0.7, step=0.05)},
)
STAGES = FigureRow(
    name="generator-stages",
    title=Words("From 256 numbers to a face", "从 256 个数到一张脸"),
    target="aigc_core.lessons.figures.gan.faces:stage_frames",
    controls={"psi": Slider(label=Words("truncation ψ", "截断 ψ"), minimum=0, maximum=1.2, default=1, step=0.1)},
)

FIGURES = (
    LAB, COLLAPSE, OPTIMAL, DIRAC, DIVERGENCES, GENERATOR_LOSSES, CRITICS, LOG, WALK, TRUNCATION, STAGES,
)  # fmt: skip
