"""Figures about language models."""

from aigc_core.lessons.figure import Choice, FigureRow, Sentence, Slider
from aigc_core.lessons.words import Words

_FIGURES = "aigc_core.lessons.figures.text"
_BEGINNING = Words("beginning of a text (English)", "文本开头（英文）")

ATTENTION = FigureRow(
    name="attention-map",
    title=Words("Where our GPT looks", "GPT 的注意力看向哪里"),
    target=f"{_FIGURES}.attention:frames",
    controls={
        "sentence": Sentence(
            label=Words("sentence (English)", "句子（英文）"),
            default="Tom gave Mary a red kite. Tom gave Mary a",
            maximum=90,
        ),
        "layer": Slider(label=Words("layer", "层"), minimum=1, maximum=4, default=3),
        "head": Slider(label=Words("head", "注意力头"), minimum=1, maximum=4, default=2),
    },
    seeded=False,
)

NEXT_TOKEN = FigureRow(
    name="next-token",
    title=Words("Temperature and top-p on a real distribution", "真实分布上的温度与 top-p"),
    target=f"{_FIGURES}.next_token:frames",
    controls={
        "beginning": Sentence(label=_BEGINNING, default="The little girl opened the door and saw a", maximum=160),
        "temperature": Slider(label=Words("temperature T", "温度 T"), minimum=0, maximum=2, default=0.7, step=0.05),
        "top_p": Slider(label=Words("top-p", "top-p"), minimum=0.05, maximum=1, default=0.9, step=0.05),
    },
)

BEAM_TREE = FigureRow(
    name="beam-tree",
    title=Words("Beam search as a tree", "束搜索的树"),
    target=f"{_FIGURES}.beam:frames",
    controls={
        "beginning": Sentence(label=_BEGINNING, default="He looked at her and said that he", maximum=160),
        "beams": Slider(label=Words("beams", "束宽"), minimum=1, maximum=6, default=3),
    },
    seeded=False,
)

MERGES = FigureRow(
    name="bpe-merges",
    title=Words("From bytes to tokens, merge by merge", "从字节到 token：一次次合并"),
    target=f"{_FIGURES}.merges:frames",
    controls={"text": Sentence(label=Words("words", "文本"), default="unbelievable elephants", maximum=28)},
    seeded=False,
)

SURPRISE = FigureRow(
    name="surprise",
    title=Words("How surprised the model is", "模型有多意外"),
    target=f"{_FIGURES}.surprise:frames",
    controls={
        "sentence": Sentence(
            label=Words("sentence (English)", "句子（英文）"),
            default="Once upon a time there lived a king who had three gigabytes.",
            maximum=120,
        ),
    },
    seeded=False,
)

COUNTS = FigureRow(
    name="counting-and-learning",
    title=Words("Counting words against learning language", "数词频与学语言"),
    target=f"{_FIGURES}.counts:frames",
    controls={
        "kilobytes": Slider(
            label=Words("text counted [kB]", "统计的文本 [kB]"), minimum=2, maximum=40, default=20, step=2
        ),
    },
    seeded=False,
)

COPY_GATE = FigureRow(
    name="copy-gate",
    title=Words("Written or copied: the gate of our summarizer", "生成还是复制：摘要模型的门控"),
    target=f"{_FIGURES}.copying:frames",
    controls={
        "source": Sentence(
            label=Words("abstract (English)", "论文摘要（英文）"),
            default=(
                "We study how to train deep neural networks when labels are wrong. We propose FlipNet, a simple method "
                "that estimates the noise of every label and corrects the loss. Experiments on image classification "
                "show that FlipNet is robust to noisy labels."
            ),
            maximum=600,
        ),
    },
    seeded=False,
)

VERSE = FigureRow(
    name="poet-next",
    title=Words("What the form leaves to the poet", "格律给诗人留下了哪些字"),
    target=f"{_FIGURES}.verse:frames",
    controls={
        "poem": Sentence(
            label=Words("unfinished poem (Chinese)", "未写完的诗"), default="床前明月光，疑是地上", maximum=80
        ),
        "rule": Choice(
            label=Words("rules", "约束"),
            options={
                "free": Words("none", "无"),
                "fresh": Words("no character twice", "不重字"),
                "form": Words("no character twice, rhyme and tone", "不重字、押韵、平仄"),
            },
            default="form",
        ),
    },
    seeded=False,
)

FIGURES = (ATTENTION, NEXT_TOKEN, BEAM_TREE, MERGES, SURPRISE, COUNTS, COPY_GATE, VERSE)
