"""Style transfer as it began (:mod:`aigc_core.models.gatys`): the pixels of the picture follow the gradient of the losses.

For the paintings that our feed-forward network knows, its answer is judged by the same losses first, so that one sees what its
single pass gives away: the status line compares the two while the slow painter works, the recipe keeps the figures.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, NamedTuple

import torch
from PIL import Image
from torch import Tensor

from aigc_core import checkpoint, weights
from aigc_core.datasets.paintings import sized
from aigc_core.media import image as pictures
from aigc_core.models import gatys
from aigc_core.models.features import vgg16
from aigc_core.models.gatys import Losses, State, Weights
from aigc_core.models.style_net import StyleConfig, StyleNet
from aigc_core.pipelines.images.painting import PICTURE, finished, floats
from aigc_core.tasks.stylize import StylizeRequest
from aigc_core.types import Events, ModelSpec, Progress, Result

STYLE_SIDE = 256
"""Short side at which a style picture is looked at: how wide strokes become."""
RATE = 0.03
"""Learning rate of Adam, in units of half the range of a pixel."""


class Fast(NamedTuple):
    """The losses that the feed-forward network reaches in one pass, and its time."""

    content: float
    style: float
    total: float
    seconds: float


class SlowPainting:
    """``settings``: ``grams`` (folder of the paintings' Gram matrices), ``fast`` (checkpoint), ``side`` (longest), ``steps``."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self.settings = spec.settings
        self.styles = spec.options["style"]
        self.vgg = vgg16.load()
        self.weights = Weights()
        self.grams = gatys.load_grams(weights.CHECKPOINTS / spec.settings["grams"] / gatys.FILE)
        folder = weights.CHECKPOINTS / spec.settings["fast"]
        self.fast = checkpoint.load(folder, StyleNet(checkpoint.load_config(folder, StyleConfig))).requires_grad_(False)

    def stream(self, request: StylizeRequest) -> Events:
        """A step is one step of Adam, with the picture so far and its losses. At strength 0 the fitted picture comes back."""
        picture = pictures.fit(pictures.flatten(request.image), min(request.max_side, int(self.settings["side"])))
        style = PICTURE if request.style_image is not None else request.style or self.styles[0]
        info: dict[str, Any] = {"style": style, "width": picture.width, "height": picture.height}
        yield Progress(step=0)
        if request.strength == 0:
            yield Result(output=picture.copy(), info=info)
            return
        photo, targets = _tensor(picture), self._targets(request)

        def losses_of(painted: Tensor) -> Losses:
            return gatys.losses(self.vgg, photo, painted, targets)

        fast = self._fast(photo, style, losses_of)
        beside = (
            "" if fast is None else f"; one pass of {self.settings['fast']}: {fast.total:.3f} in {fast.seconds:.1f} s"
        )
        steps = request.num_inference_steps or int(self.settings["steps"])
        for i, state in enumerate(gatys.paint(photo, losses_of, self.weights, steps=steps, lr=RATE)):
            output = finished(picture, _array(state.picture), request)
            yield Progress(step=i, total=steps, preview=output, message=f"{_words(state)}{beside}")
        info |= {"steps": steps, "losses": _rounded(content=state.content, style=state.style, total=state.total)}
        if fast is not None:
            info["fast"] = _rounded(content=fast.content, style=fast.style, total=fast.total)
        yield Result(output=output, info=info)

    def _targets(self, request: StylizeRequest) -> list[Tensor]:
        """Gram matrices (1, C, C) a layer of the painting, or of the style picture."""
        if request.style_image is not None:
            return gatys.style_grams(self.vgg, _tensor(sized(pictures.flatten(request.style_image), STYLE_SIDE)))
        i = self.styles.index(request.style or self.styles[0])
        return [layer[i : i + 1] for layer in self.grams]

    @torch.no_grad()
    def _fast(self, photo: Tensor, style: str, losses_of: Any) -> Fast | None:
        """The feed-forward network on the same losses; None where it does not know the style."""
        known = self.fast.config.styles
        if style not in known:
            return None
        began = time.perf_counter()
        shares = torch.tensor([[float(name == style) for name in known]])
        painted = self.fast(photo, shares)
        seconds = time.perf_counter() - began
        terms: Losses = losses_of(painted)
        return Fast(terms.content.item(), terms.style.item(), terms.total(self.weights).item(), seconds)


def _words(state: State) -> str:
    return f"content {state.content:.3f}, style {state.style:.3f}, in all {state.total:.3f}"


def _rounded(**values: float) -> dict[str, float]:
    return {name: round(value, 5) for name, value in values.items()}


def _tensor(picture: Image.Image) -> Tensor:
    """(1, 3, H, W) in [-1, 1]."""
    return torch.from_numpy(floats(picture)).permute(2, 0, 1)[None].contiguous() * 2 - 1


def _array(picture: Tensor) -> Any:
    """(H, W, 3) in [0, 1]."""
    return (picture[0].permute(1, 2, 0) / 2 + 0.5).contiguous().numpy()
