"""Figures that compare the families of generative models."""

from aigc_core.lessons.figure import Choice, FigureRow, Slider
from aigc_core.lessons.words import Words

ONE_NUMBER = FigureRow(
    name="families-of-one-number",
    title=Words("Five families learn the same numbers", "五类模型学同一组数"),
    target="aigc_core.lessons.figures.families.one_number:frames",
    controls={
        "family": Choice(
            label=Words("family", "模型"),
            options={
                "histogram": Words("histogram", "直方图"),
                "autoregressive": Words("autoregressive", "自回归"),
                "vae": Words("VAE", "VAE"),
                "gan": Words("GAN", "GAN"),
                "diffusion": Words("diffusion", "扩散模型"),
            },
            default="vae",
        ),
        "count": Slider(label=Words("numbers to learn from", "训练数据个数"), minimum=50, maximum=2000, default=1000, step=50),
    },
)
OUR_FACES = FigureRow(
    name="families-of-faces",
    title=Words("Our VAE, GAN and diffusion model draw faces", "本项目的 VAE、GAN 与扩散模型画人脸"),
    target="aigc_core.lessons.figures.families.our_faces:frames",
)

FIGURES = (ONE_NUMBER, OUR_FACES)
