"""The chapters of the course and their sections, in order."""

from __future__ import annotations

from dataclasses import dataclass

from aigc_core.lessons.words import Words


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """A chapter; ``slugs`` are its sections, section i + 1 of the chapter being ``slugs[i]``."""

    number: int
    title: Words
    slugs: tuple[str, ...]
    cover: str
    """The still that stands for it: that of a figure in one of its lessons."""


CHAPTERS: tuple[Chapter, ...] = (
    Chapter(
        number=1,
        title=Words("Background", "背景"),
        slugs=("rise-of-aigc", "what-is-aigc", "prospects"),
        cover="border-and-density",
    ),
    Chapter(
        number=2,
        title=Words("Core ideas", "核心概念"),
        slugs=("generative-models", "gan-idea", "vae-idea", "diffusion-idea"),
        cover="denoising-faces",
    ),
    Chapter(
        number=3,
        title=Words("Algorithms", "算法步骤"),
        slugs=("gan-training", "vae-training", "diffusion-training"),
        cover="gan-lab",
    ),
    Chapter(
        number=4,
        title=Words("Mathematics", "数学原理"),
        slugs=("gan-losses", "vae-elbo", "diffusion-objective"),
        cover="score-field",
    ),
    Chapter(
        number=5,
        title=Words("The code, line by line", "项目实践"),
        slugs=("gan-code", "vae-code", "diffusion-code"),
        cover="generator-stages",
    ),
    Chapter(
        number=6,
        title=Words("Uses", "应用"),
        slugs=("images", "text", "sound-and-video"),
        cover="drawing-to-face",
    ),
    Chapter(
        number=7,
        title=Words("Tools and resources", "工具与资源"),
        slugs=("frameworks", "models-and-data", "open-projects"),
        cover="open-checkpoint",
    ),
    Chapter(
        number=8,
        title=Words("Trends and challenges", "趋势与挑战"),
        slugs=("trends", "challenges", "outlook"),
        cover="latent-noise",
    ),
    Chapter(
        number=9,
        title=Words("Practical questions", "常见问题"),
        slugs=("training-faq", "deployment-faq", "application-faq"),
        cover="overfitting",
    ),
)
