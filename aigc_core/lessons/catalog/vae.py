"""Figures about variational autoencoders."""

from aigc_core.lessons.figure import Choice, FigureRow, Slider
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

FACE_PLANE = FigureRow(
    name="face-plane",
    title=Words("A walk over a plane of latents", "在潜空间的一个平面上散步"),
    target="aigc_core.lessons.figures.vae.face_plane:frames",
    controls={
        "reach": Slider(
            label=Words("reach (standard deviations)", "范围（标准差）"), minimum=0.5, maximum=5, default=2.0, step=0.5
        ),
        "axes": Choice(
            label=Words("axes", "坐标轴"),
            options={
                "widest": Words("the two widest directions", "方差最大的两个方向"),
                "random": Words("two random directions", "两个随机方向"),
            },
            default="widest",
        ),
    },
)

FACE_CODES = FigureRow(
    name="face-codes",
    title=Words("A face, its code, and noise in the code", "一张脸、它的编码，以及编码中的噪声"),
    target="aigc_core.lessons.figures.vae.face_codes:frames",
    controls={
        "noise": Slider(label=Words("noise t (in σ)", "噪声 t（以 σ 计）"), minimum=0, maximum=40, default=1),
    },
)

FACE_PRIOR = FigureRow(
    name="face-prior",
    title=Words("Where to draw from: the prior or the encodings", "从哪里采样：先验还是编码的分布"),
    target="aigc_core.lessons.figures.vae.face_prior:frames",
    controls={
        "share": Slider(
            label=Words("from N(0, I) (0) to the encodings (1)", "从 N(0, I)（0）到编码的分布（1）"),
            minimum=0, maximum=1, default=0, step=0.1,
        ),
    },
)  # fmt: skip

ELBO_GAP = FigureRow(
    name="elbo-gap",
    title=Words("log p(x) = ELBO + gap", "log p(x) = ELBO + 间隙"),
    target="aigc_core.lessons.figures.vae.elbo_gap:frames",
    controls={
        "mean": Slider(label=Words("mean of q", "q 的均值"), minimum=-2, maximum=2, default=0.0, step=0.1),
        "deviation": Slider(
            label=Words("standard deviation of q", "q 的标准差"), minimum=0.05, maximum=1.5, default=1.0, step=0.05
        ),
        "decoder": Choice(
            label=Words("decoder f", "解码器 f"),
            options={
                "line": Words("line: z", "直线：z"),
                "bend": Words("bend: eᶻ − 1", "弯曲：eᶻ − 1"),
                "fold": Words("fold: z²", "折叠：z²"),
            },
            default="bend",
        ),
    },
    seeded=False,
)

GRADIENT_VARIANCE = FigureRow(
    name="gradient-variance",
    title=Words("Two unbiased gradients, one of them useful", "两种无偏梯度，只有一种好用"),
    target="aigc_core.lessons.figures.vae.gradient_variance:frames",
    controls={
        "dimensions": Slider(
            label=Words("latents Z (as a power of 2)", "潜变量维数 Z（2 的幂）"), minimum=0, maximum=8, default=4
        ),
        "deviation": Slider(
            label=Words("standard deviation σ", "标准差 σ"), minimum=0.1, maximum=2, default=0.5, step=0.1
        ),
        "loss": Choice(
            label=Words("loss f", "损失 f"),
            options={
                "bowl": Words("bowl: ½|z − 1|²", "碗：½|z − 1|²"),
                "stairs": Words("stairs: [z < 1]", "台阶：[z < 1]"),
            },
            default="bowl",
        ),
    },
)

WATER_LEVEL = FigureRow(
    name="water-level",
    title=Words("Posterior collapse: β as a water level", "后验坍塌：β 就是水位"),
    target="aigc_core.lessons.figures.vae.water_level:frames",
    controls={
        "beta": Slider(label=Words("β", "β"), minimum=0.05, maximum=5, default=0.7, step=0.05),
    },
)

LIVE_VAE = FigureRow(
    name="live-vae",
    title=Words("A VAE trained before your eyes", "现场训练一个 VAE"),
    target="aigc_core.lessons.figures.vae.live_vae:frames",
    controls={
        "beta": Slider(
            label=Words("weight β of the KL term", "KL 项的权重 β"), minimum=0, maximum=15, default=1, step=0.5
        ),
    },
)

ELBO_LOG = FigureRow(
    name="elbo-log",
    title=Words("The bound along a real training", "一次真实训练中的下界"),
    target="aigc_core.lessons.figures.vae.elbo_log:frames",
    controls={
        "scale": Slider(
            label=Words("scale b of the decoder's noise", "解码器噪声的尺度 b"),
            minimum=0.02,
            maximum=0.5,
            default=0.1,
            step=0.01,
        ),
    },
    seeded=False,
)

FIGURES = (
    GAUSSIAN_KL,
    FACE_PLANE,
    FACE_CODES,
    FACE_PRIOR,
    ELBO_GAP,
    GRADIENT_VARIANCE,
    WATER_LEVEL,
    LIVE_VAE,
    ELBO_LOG,
)
