"""Figures about frameworks, models and checkpoints."""

from aigc_core.lessons.figure import Choice, FigureRow, Slider
from aigc_core.lessons.words import Words

FRAMEWORKS = FigureRow(
    name="frameworks",
    title=Words("One VAE, two frameworks", "同一个 VAE，两个框架"),
    target="aigc_core.lessons.figures.tools.frameworks:frames",
    controls={
        "same": Choice(
            label=Words("what the two share", "两者共用"),
            options={
                "all": Words("first weights, batches and noise", "初始权重、批次与噪声"),
                "weights": Words("first weights only", "仅初始权重"),
            },
            default="all",
        ),
        "steps": Slider(label=Words("training steps", "训练步数"), minimum=40, maximum=240, default=160, step=40),
    },
)
OPEN_CHECKPOINT = FigureRow(
    name="open-checkpoint",
    title=Words("A checkpoint, opened", "打开一个权重文件"),
    target="aigc_core.lessons.figures.tools.open_checkpoint:frames",
    controls={
        "checkpoint": Choice(
            label=Words("checkpoint", "权重"),
            options={
                name: Words(name, name)
                for name in (
                    "faces-vae-64", "faces-gan-128", "faces-fastgan-64", "faces-diffusion-128", "text-gpt-en", "text-poet-zh", "chat-gpt-en", "summarize-pointer-en",
                )
            },
            default="faces-vae-64",
        ),
    },
    seeded=False,
    shows_words=True,
)  # fmt: skip
MODELS_AT_A_GLANCE = FigureRow(
    name="models-at-a-glance",
    title=Words("All models of this suite", "本套件的全部模型"),
    target="aigc_core.lessons.figures.tools.models_at_a_glance:frames",
    controls={
        "measure": Choice(
            label=Words("measure", "比较"),
            options={
                "parameters": Words("number of parameters N", "参数量 N"),
                "download": Words("size of the weights", "权重大小"),
                "memory": Words("memory while it runs", "运行内存"),
            },
            default="parameters",
        ),
    },
    seeded=False,
    shows_words=True,
)

LEADERBOARD = FigureRow(
    name="leaderboard",
    title=Words("Can the leaderboard tell them apart?", "排行榜分得清高下吗？"),
    target="aigc_core.lessons.figures.tools.leaderboard:frames",
    controls={
        "count": Slider(label=Words("test examples n", "测试样本数 n"), minimum=50, maximum=5000, default=200, step=50),
        "gap": Slider(
            label=Words("true gap (percentage points)", "真实差距（百分点）"),
            minimum=0.5,
            maximum=10,
            default=2,
            step=0.5,
        ),
    },
)

FIGURES = (FRAMEWORKS, OPEN_CHECKPOINT, MODELS_AT_A_GLANCE, LEADERBOARD)
