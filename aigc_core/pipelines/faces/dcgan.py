"""Faces from a DCGAN: one forward pass each, and walks through the latent space.

The model is :mod:`aigc_core.models.dcgan`, the walk :func:`aigc_core.sampling.diffusion.latents.slerp`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError

import torch
from PIL import Image
from torch import Tensor

from aigc_core import checkpoint, runtime, weights
from aigc_core.errors import CheckpointError
from aigc_core.media.image import enlarge
from aigc_core.models.dcgan import Config, Generator
from aigc_core.sampling.diffusion.latents import slerp, truncate
from aigc_core.tasks.faces import Faces, FacesRequest
from aigc_core.tasks.fields import seeds_from
from aigc_core.types import Events, ModelSpec, Progress, Result


class DCGAN:
    """Generates face i from the noise of ``seed + i``, one at a time, so that no face depends on the others.

    ``settings``: ``file`` (the package's PyTorch file), ``display_scale`` (how many times larger the contact sheet and the
    morph's frames are shown; the faces themselves keep the network's own pixels).
    """

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        folder = folders[0]
        if not (folder / "config.json").exists():
            folder = weights.cached_build(
                f"{spec.name}-1", lambda into: convert(folders[0] / spec.settings["file"], into)
            )
        config = checkpoint.load_config(folder, Config)
        self.generator = checkpoint.load(folder, Generator(config)).to(runtime.device())
        self.name = spec.name
        self.latent_size = config.latent_size
        self.display_scale = int(spec.settings.get("display_scale", 1))

    @torch.inference_mode()
    def stream(self, request: FacesRequest) -> Events:
        draw = self.renderer(request)
        seeds = seeds_from(request.seed, request.count)
        walk = request.frames if request.seed_to is not None else 0
        total = request.count + walk
        images: list[Image.Image] = []
        for seed in seeds:
            images.append(draw(self._latent(seed, request.truncation)))
            yield Progress(
                step=len(images), total=total, preview=Faces(images=tuple(images), seeds=seeds[: len(images)])
            )
        frames: list[Image.Image] = []
        if request.seed_to is not None:
            start, end = (self._latent(seed, request.truncation) for seed in (request.seed, request.seed_to))
            for i in range(walk):
                frame = draw(slerp(start, end, i / (walk - 1)))
                frames.append(enlarge(frame, self.display_scale))
                yield Progress(step=request.count + i + 1, total=total)
        output = Faces(images=tuple(images), seeds=seeds, frames=tuple(frames), display_scale=self.display_scale)
        yield Result(output=output, info={"size": list(images[0].size)})

    def _latent(self, seed: int, psi: float) -> Tensor:
        return truncate(runtime.noise([seed], (self.latent_size,)), psi)  # (1, Z)

    def renderer(self, request: FacesRequest) -> Callable[[Tensor], Image.Image]:
        """The function that turns a latent (1, Z) into the picture that the request asks for."""
        return lambda z: to_picture(self.generator(z.to(runtime.device()))[0])


def to_picture(image: Tensor) -> Image.Image:
    """(3, H, W) in [-1, 1] to 8-bit RGB, rounded to nearest."""
    levels = ((image.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return Image.fromarray(levels.permute(1, 2, 0).cpu().numpy())


def convert(file: Path, into: Path) -> None:
    """Convert a PyTorch file with a tutorial-style generator (``main.0`` … ``main.12``) to a checkpoint of this project.

    Raises:
        CheckpointError: the file holds anything but the expected tensors.
    """
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)["netG_state_dict"]  # tensors only, no code
        config = Config(latent_size=state["main.0.weight"].shape[0], width=state["main.12.weight"].shape[0])
        model = Generator(config)
        model.load_state_dict({_renamed(name): tensor for name, tensor in state.items()})
    except (UnpicklingError, KeyError, IndexError, AttributeError, RuntimeError, ValueError, OSError) as error:
        raise CheckpointError(
            f"{file.name} is not the DCGAN expected ({type(error).__name__}). Remove and fetch it again: "
            "python -m aigc_core.weights remove NAME, then fetch NAME.",
            f"{file.name} 不是预期的 DCGAN 权重（{type(error).__name__}）。请先 remove 再 fetch 该模型。",
        ) from error
    checkpoint.save(into, model, config, half=False)


def _renamed(name: str) -> str:
    """``main.<layer>.<tensor>``: layers come in threes (convolution, normalisation, ReLU), the last stands alone."""
    _, layer, tensor = name.split(".")
    block, part = divmod(int(layer), 3)
    owner = "project" if block == 0 else f"blocks.{block - 1}"
    return f"to_rgb.{tensor}" if block == 4 else f"{owner}.{part}.{tensor}"
