"""Figures about diffusion models."""

from aigc_core.lessons.figure import Choice, FigureRow, Slider
from aigc_core.lessons.words import Words

_HERE = "aigc_core.lessons.figures.diffusion"
_SHAPE = Choice(
    label=Words("data", "数据"),
    options={"ring": Words("ring", "圆环"), "moons": Words("two moons", "双月"), "spiral": Words("spiral", "螺旋")},
    default="moons",
)

AVERAGE = FigureRow(
    name="denoiser-average",
    title=Words("The best denoiser is an average", "最优去噪器就是一个平均"),
    target=f"{_HERE}.average:frames",
    controls={
        "sigma": Slider(label=Words("noise level σ", "噪声水平 σ"), minimum=0.05, maximum=3, default=0.6, step=0.05),
        "x": Slider(label=Words("noisy point x", "带噪点 x"), minimum=-3, maximum=3, default=0.8, step=0.1),
    },
    seeded=False,
)
STEP_BACK = FigureRow(
    name="step-back",
    title=Words("One step back: Bayes' rule and the closed form", "倒退一步：贝叶斯公式与闭式解"),
    target=f"{_HERE}.step_back:frames",
    controls={
        "after": Slider(label=Words("σ′/σ", "σ′/σ"), minimum=0.1, maximum=0.95, default=0.7, step=0.05),
        "x": Slider(label=Words("noisy point x", "带噪点 x"), minimum=-2, maximum=3, default=-0.5, step=0.1),
    },
    seeded=False,
)
BOUND = FigureRow(
    name="bound-in-steps",
    title=Words("The evidence lower bound, step by step", "逐步看证据下界"),
    target=f"{_HERE}.bound_in_steps:frames",
    controls={
        "steps": Slider(label=Words("steps T", "步数 T"), minimum=2, maximum=128, default=64, step=1),
        "x_0": Slider(label=Words("clean point x₀", "干净点 x₀"), minimum=-2.5, maximum=2.5, default=0.3, step=0.1),
    },
    seeded=False,
)
SCORE_FIELD = FigureRow(
    name="score-field",
    title=Words("The score of noisy data, and points that follow it", "带噪数据的得分，以及顺着它走的点"),
    target=f"{_HERE}.score_field:frames",
    controls={
        "sigma": Slider(
            label=Words("noise level σ at the end", "终点的噪声水平 σ"), minimum=0.02, maximum=2, default=0.1, step=0.02
        ),
        "shape": _SHAPE,
    },
)
ODE_AND_SDE = FigureRow(
    name="ode-and-sde",
    title=Words("ODE or SDE: other ends, the same distribution", "ODE 还是 SDE：终点不同，分布相同"),
    target=f"{_HERE}.ode_and_sde:frames",
    controls={"eta": Slider(label=Words("fresh noise η", "新加噪声 η"), minimum=0, maximum=1, default=1, step=0.1)},
)
STEPS_AND_ERROR = FigureRow(
    name="steps-and-error",
    title=Words("Steps against error", "步数与误差"),
    target=f"{_HERE}.steps_and_error:frames",
    controls={
        "axis": Choice(
            label=Words("count", "横轴"),
            options={"steps": Words("steps", "步数"), "calls": Words("calls of the denoiser", "去噪器调用次数")},
            default="steps",
        ),
        "rho": Slider(label=Words("spacing ρ", "间距 ρ"), minimum=1, maximum=10, default=7, step=1),
    },
)

FORWARD = FigureRow(
    name="forward-process",
    title=Words("A face sinks into noise", "一张脸没入噪声"),
    target=f"{_HERE}.forward:frames",
    controls={
        "t": Slider(label=Words("time t", "时刻 t"), minimum=0, maximum=1000, default=600, step=10),
        "schedule": Choice(
            label=Words("schedule", "噪声调度"),
            options={"linear": Words("linear", "线性"), "cosine": Words("cosine", "余弦")},
            default="linear",
        ),
    },
)
DENOISING = FigureRow(
    name="denoising-faces",
    title=Words("Our face model takes noise off, step by step", "人脸模型逐步去噪"),
    target=f"{_HERE}.denoising:frames",
    controls={"steps": Slider(label=Words("steps", "步数"), minimum=1, maximum=12, default=6, step=1)},
)
GUIDANCE_FACES = FigureRow(
    name="guidance-faces",
    title=Words("Guidance on our faces", "人脸上的引导"),
    target=f"{_HERE}.guidance_faces:frames",
    controls={
        "prompt": Choice(
            label=Words("words", "文字"),
            options={
                "a laughing old man": Words("a laughing old man", "大笑的老年男性"),
                "a serious young woman": Words("a serious young woman", "表情严肃的年轻女性"),
                "a smiling woman, 35": Words("a smiling woman, 35", "微笑的女性，35 岁"),
            },
            default="a laughing old man",
        )
    },
)
SCHEDULES = FigureRow(
    name="noise-schedules",
    title=Words("Three noise schedules", "三种噪声调度"),
    target=f"{_HERE}.schedules:frames",
    controls={
        "steps": Slider(label=Words("steps", "步数"), minimum=4, maximum=60, default=20, step=1),
        "rho": Slider(label=Words("spacing ρ (Karras)", "间距 ρ（Karras）"), minimum=1, maximum=12, default=7, step=1),
    },
    seeded=False,
)
TARGETS = FigureRow(
    name="prediction-targets",
    title=Words("ε, x₀, v: one mistake in four units", "ε、x₀、v：同一个误差，四种单位"),
    target=f"{_HERE}.targets:frames",
    controls={
        "sigma": Slider(label=Words("noise level σ", "噪声水平 σ"), minimum=0.05, maximum=10, default=0.2, step=0.05),
        "error": Slider(label=Words("relative mistake", "相对误差"), minimum=0.05, maximum=0.5, default=0.1, step=0.05),
    },
)
LEARNING = FigureRow(
    name="learn-to-denoise",
    title=Words("A network learns to denoise", "网络学习去噪"),
    target=f"{_HERE}.learning:frames",
    controls={
        "steps": Slider(label=Words("training steps", "训练步数"), minimum=50, maximum=600, default=500, step=50),
        "shape": _SHAPE,
    },
)
GUIDANCE = FigureRow(
    name="guidance-mixture",
    title=Words("What guidance samples", "引导采样到底采到什么"),
    target=f"{_HERE}.guidance:frames",
    controls={
        "scale": Slider(label=Words("guidance scale w", "引导强度 w"), minimum=0, maximum=8, default=3, step=0.5)
    },
)
CORRECTION = FigureRow(
    name="network-correction",
    title=Words("What the network adds to a Gaussian", "网络在高斯之外补上了什么"),
    target=f"{_HERE}.correction:frames",
    controls={
        "extra": Slider(label=Words("times the correction", "修正量的倍数"), minimum=0, maximum=3, default=1, step=0.25)
    },
)

FIGURES = (
    FORWARD, DENOISING, GUIDANCE_FACES, SCHEDULES, TARGETS, LEARNING, GUIDANCE, CORRECTION,
    AVERAGE, STEP_BACK, BOUND, SCORE_FIELD, ODE_AND_SDE, STEPS_AND_ERROR,
)  # fmt: skip
