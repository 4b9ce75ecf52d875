"""Figures about training, data and judging."""

from aigc_core.lessons.figure import Choice, FigureRow, Sentence, Slider
from aigc_core.lessons.words import Words

_FIGURES = "aigc_core.lessons.figures.practice"

LEARNING_RATE = FigureRow(
    name="learning-rate",
    title=Words("Learning rate: crawl, converge, diverge", "学习率：爬行、收敛、发散"),
    target=f"{_FIGURES}.learning_rate:frames",
    controls={
        "lr": Slider(label=Words("learning rate η", "学习率 η"), minimum=0.005, maximum=0.25, default=0.19, step=0.005),
        "batch": Slider(
            label=Words("batch size (as a power of 2; 10: all data)", "批量大小（2 的幂；10 为全部数据）"),
            minimum=0, maximum=10, default=10,
        ),
        "optimizer": Choice(
            label=Words("optimizer", "优化器"),
            options={
                "sgd": Words("gradient descent", "梯度下降"),
                "momentum": Words("momentum 0.9", "动量 0.9"),
                "adam": Words("Adam", "Adam"),
            },
            default="sgd",
        ),
    },
)  # fmt: skip

OVERFITTING = FigureRow(
    name="overfitting",
    title=Words("Learning by heart", "死记硬背"),
    target=f"{_FIGURES}.overfitting:frames",
    controls={
        "features": Slider(label=Words("features of the model", "模型的特征数"), minimum=2, maximum=200, default=100),
        "points": Slider(label=Words("training points", "训练点数"), minimum=4, maximum=400, default=12),
        "leak": Slider(
            label=Words("share of validation copied from training", "验证集中来自训练集的比例"),
            minimum=0, maximum=1, default=0, step=0.1,
        ),
    },
)  # fmt: skip

NAN_WATCH = FigureRow(
    name="nan-watch",
    title=Words("A loss that is no number any more", "损失变成 NaN"),
    target=f"{_FIGURES}.nan_watch:frames",
    controls={
        "lr": Slider(
            label=Words("learning rate (as a power of 10)", "学习率（10 的幂）"),
            minimum=-2.5,
            maximum=0.5,
            default=-0.5,
            step=0.25,
        ),
        "clip": Choice(
            label=Words("gradient clipping", "梯度裁剪"),
            options={
                "off": Words("off", "关"),
                "10": Words("norm at most 10", "范数不超过 10"),
                "1": Words("norm at most 1", "范数不超过 1"),
            },
            default="off",
        ),
    },
)

METRIC_BIAS = FigureRow(
    name="metric-bias",
    title=Words("Scores depend on how much is scored", "分数取决于样本数"),
    target=f"{_FIGURES}.metric_bias:frames",
    controls={
        "size": Slider(label=Words("features D", "特征维数 D"), minimum=2, maximum=64, default=32),
        "shift": Slider(label=Words("true shift", "真实偏移"), minimum=0, maximum=3, default=0, step=0.5),
    },
)

JUDGES = FigureRow(
    name="judges",
    title=Words("Two judges, two rankings", "两位裁判，两种排名"),
    target=f"{_FIGURES}.judges:frames",
    controls={
        "judge": Choice(
            label=Words("features of the judge", "裁判所用的特征"),
            options={
                "lite0": Words("EfficientNet-Lite0 (used in training too)", "EfficientNet-Lite0（训练时也用过）"),
                "vgg16": Words("VGG16 (independent)", "VGG16（独立）"),
            },
            default="lite0",
        ),
    },
    seeded=False,
)

ROUGE_HAND = FigureRow(
    name="rouge-hand",
    title=Words("ROUGE by hand", "手算 ROUGE"),
    target=f"{_FIGURES}.rouge_hand:frames",
    controls={
        "candidate": Sentence(label=Words("candidate", "候选摘要"), default="the dog bit the man in the park"),
        "reference": Sentence(label=Words("reference", "参考摘要"), default="the man bit the dog in the park"),
    },
    seeded=False,
)

FIGURES = (LEARNING_RATE, OVERFITTING, NAN_WATCH, METRIC_BIAS, JUDGES, ROUGE_HAND)
