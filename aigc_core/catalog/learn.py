"""The row that draws live figures of the lessons; the figures themselves are rows of :mod:`aigc_core.lessons.catalog`."""

from aigc_core.types import ModelSpec, NoWeights

FIGURES = ModelSpec(
    name="live-figures",
    task="learn",
    title="Live figures of the lessons",
    title_zh="课程里可拨动的图",
    target="aigc_core.lessons.pipeline:LiveFigures",
    source=NoWeights(),
    license="MIT",
    summary="Draws the figures of the lessons for the values you set, with the models, samplers and losses of this project.",
    summary_zh="按你设定的参数绘制课程中的图，所用的模型、采样器与损失函数都来自本项目。",
    url="https://matplotlib.org",
    memory_mb=500,
)

ROWS = (FIGURES,)
