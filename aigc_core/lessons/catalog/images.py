"""Figures about pictures: faces, style, repair, drawings."""

from aigc_core.lessons.figure import Choice, FigureRow, Slider
from aigc_core.lessons.words import Words

_HERE = "aigc_core.lessons.figures.images"

FACE_MODELS = FigureRow(
    name="face-models",
    title=Words("Three models, the same seeds", "三个模型，同样的种子"),
    target=f"{_HERE}.face_models:frames",
    controls={
        "truncation": Slider(label=Words("truncation ψ", "截断 ψ"), minimum=0.1, maximum=1.5, default=1, step=0.1)
    },
)
STYLE = FigureRow(
    name="style-and-content",
    title=Words("Style against content", "风格与内容的拉锯"),
    target=f"{_HERE}.style_and_content:frames",
    controls={
        "weight": Slider(label=Words("weight of the style w", "风格权重 w"), minimum=0, maximum=1, default=0.9, step=0.05),
        "style": Choice(
            label=Words("style", "风格"),
            options={
                "woodcut": Words("woodcut", "木刻"), "mosaic": Words("mosaic", "马赛克"),
                "swirl": Words("oil, swirling", "漩涡油画"), "chalk": Words("chalk", "粉笔"),
            },
            default="woodcut",
        ),
    },
)  # fmt: skip
SAME_HOLE = FigureRow(
    name="same-hole",
    title=Words("One hole, three ways to fill it", "同一个洞，三种补法"),
    target=f"{_HERE}.same_hole:frames",
    controls={
        "size": Slider(
            label=Words("hole, pixels a side", "洞的边长（像素）"), minimum=4, maximum=60, default=32, step=4
        ),
        "scene": Choice(
            label=Words("picture", "画面"),
            options={
                "lake": Words("lake", "湖"),
                "canal": Words("canal", "运河"),
                "still-life": Words("still life", "静物"),
            },
            default="canal",
        ),
    },
)
DRAWING = FigureRow(
    name="drawing-to-face",
    title=Words("From a drawing to a face", "从草图到人脸"),
    target=f"{_HERE}.drawing_to_face:frames",
    controls={
        "hair": Choice(
            label=Words("hair in the drawing", "草图的发色"),
            options={"black": Words("black", "黑"), "blond": Words("blond", "金"), "red": Words("red", "红")},
            default="red",
        )
    },
)

FIGURES = (FACE_MODELS, STYLE, SAME_HOLE, DRAWING)
