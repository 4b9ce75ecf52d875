"""Our face GANs from inside: the walk between two seeds, truncation, and the maps from 4×4 to the picture."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, cast

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from aigc_core import registry, runtime
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.pipelines.faces.dcgan import to_picture
from aigc_core.pipelines.faces.gan import ProjectedGAN
from aigc_core.pipelines.faces.vae import VAEFaces
from aigc_core.sampling.diffusion.latents import slerp, truncate
from aigc_core.tasks.fields import seeds_from
from aigc_core.weights import CHECKPOINTS

WALKER = "faces-gan-128"
STAGED = "faces-fastgan-64"
WALK = 9
FACES = 8
SIDE = 80
"""Pixels of a face as shown."""


@cache
def _walker() -> VAEFaces:
    return cast(VAEFaces, registry.load(WALKER))


@cache
def _staged() -> ProjectedGAN:
    return cast(ProjectedGAN, registry.load(STAGED))


@torch.inference_mode()
def _face(z: Tensor) -> Image.Image:
    """The walker's face of a point (1, C, S, S) of N(0, I), at the size shown."""
    model = _walker()
    return to_picture(model.generate(model.from_noise(z))[0]).resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def _sheet(faces: Sequence[Image.Image], columns: int, rows: int) -> Image.Image:
    """A sheet of faces with gaps, clear where none has been drawn yet."""
    step = SIDE + 4
    sheet = Image.new("RGBA", (columns * step - 4, rows * step - 4))
    for i, face in enumerate(faces):
        sheet.paste(face, (i % columns * step, i // columns * step))
    return sheet


def _noise(seed: int) -> Tensor:
    return runtime.noise([seed], _walker().vae.config.shape)


# --- the walk ---------------------------------------------------------------------------------------------------------


def walk_frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Nine faces from ``seed`` to the seed ``to``; ``values``: ``to``, ``path`` (``arc`` or ``line``)."""
    start, end = _noise(seed), _noise(int(values["to"]))
    shares = np.linspace(0, 1, WALK)
    points = [
        slerp(start, end, float(t)) if values["path"] == "arc" else torch.lerp(start, end, float(t)) for t in shares
    ]
    lengths = [float(point.norm()) for point in points]
    faces: list[Image.Image] = []
    for i, point in enumerate(points):
        faces.append(_face(point))
        if i % 4 == 0:
            yield _walk_frame(faces, lengths)


def _walk_frame(faces: Sequence[Image.Image], lengths: Sequence[float]) -> Frame:
    figure, (strip, curve) = plot.canvas(2, 1, height=2.0)
    plot.picture(strip, _sheet(faces, WALK, 1))
    curve.plot(np.linspace(0, 1, WALK)[: len(faces)], lengths[: len(faces)], "o-", color=plot.COLOURS[2])
    usual = len(_noise(0).flatten()) ** 0.5
    curve.axhline(usual, color=plot.COLOURS[0], linestyle="--")
    curve.set(xlabel="$t$", ylabel="$|z|$", ylim=(0.6 * usual, 1.15 * usual), xlim=(-0.06, 1.06))
    shortest = min(lengths)
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"Shortest |z| on the way {shortest:.1f}; noise of {usual**2:.0f} numbers has a length of about {usual:.1f}.",
            f"途中 |z| 最小为 {shortest:.1f}；{usual**2:.0f} 维噪声的长度约为 {usual:.1f}。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[2], words=Words("length of z along the way", "途中 z 的长度")),
            Mark(
                colour=plot.COLOURS[0], words=Words("length of typical noise, √512", "典型噪声的长度 √512"), dashed=True
            ),
        ),
        facts={"shortest": shortest, "usual": usual},
    )


# --- truncation -------------------------------------------------------------------------------------------------------


def truncation_frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Eight faces at ψ, and what was measured at five ψ; ``values``: ``psi``."""
    psi = float(values["psi"])
    measured = json.loads((CHECKPOINTS / WALKER / "eval.json").read_text("utf-8"))["curve"]
    faces: list[Image.Image] = []
    for i, one in enumerate(seeds_from(seed, FACES)):
        faces.append(_face(truncate(_noise(one), psi)))
        if i in (1, FACES - 1):
            yield _truncation_frame(faces, psi, measured)


def _truncation_frame(faces: Sequence[Image.Image], psi: float, measured: Sequence[Mapping[str, float]]) -> Frame:
    figure, (sheet, curve) = plot.canvas(1, 2, height=2.6, width_ratios=(2, 1))
    plot.picture(sheet, _sheet(faces, FACES // 2, 2))
    at = [point["value"] for point in measured]
    now = {}
    for name, colour in (("precision", plot.COLOURS[4]), ("recall", plot.COLOURS[1])):
        curve.plot(at, [point[name] for point in measured], "o-", markersize=3, color=colour)
        now[name] = float(np.interp(psi, at, [point[name] for point in measured]))
        curve.plot(psi, now[name], "o", color=colour)
    curve.axvline(psi, color="#808080", linestyle=":")
    curve.set(xlabel="$\\psi$", xlim=(0.45, 1.25), ylim=(0, 1))
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"ψ = {psi:.2f}: precision about {now['precision']:.2f}, recall about {now['recall']:.2f} (between points of 300 faces each).",
            f"ψ = {psi:.2f}：精确率约 {now['precision']:.2f}，召回率约 {now['recall']:.2f}（由各 300 张人脸的测量点插值）。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[4], words=Words("precision: how many look right", "精确率：有多少像真的")),
            Mark(
                colour=plot.COLOURS[1],
                words=Words("recall: how much of the variety is there", "召回率：覆盖了多少多样性"),
            ),
        ),
        facts={"psi": psi, **now},
    )


# --- the maps of the generator ----------------------------------------------------------------------------------------


def stage_frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """The maps of our projected GAN's generator, one after the other; ``values``: ``psi``."""
    model = _staged()
    z = model._latent(seed, float(values["psi"]))
    maps, picture = _maps(model, z)
    shown = [(_colours(m), f"{m.shape[0]}×{m.shape[1]}×{m.shape[1]}") for m in maps]
    shown.append((np.asarray(picture), f"3×{picture.width}×{picture.height}"))
    for count in range(2, len(shown) + 1):
        yield _stage_frame(shown[:count], len(shown), z)


@torch.inference_mode()
def _maps(model: ProjectedGAN, z: Tensor) -> tuple[list[Tensor], Image.Image]:
    """The maps (C, S, S) after each stage, and the picture."""
    kept: list[Tensor] = [torch.nn.functional.glu(model.base_map(z), dim=1)[0]]
    hooks = [block.register_forward_hook(lambda _, __, out: kept.append(out[0])) for block in model.network.up]
    try:
        picture = to_picture(model.generate(z)[0])
    finally:
        for hook in hooks:
            hook.remove()
    return kept, picture


def _colours(channels: Tensor) -> np.ndarray:
    """A map (C, S, S) as colours (S, S, 3): its three strongest directions, each scaled to [0, 1]."""
    rows = channels.flatten(1).T.double()  # (S², C)
    rows = rows - rows.mean(0)
    directions = torch.linalg.svd(rows, full_matrices=False).Vh[:3]
    directions = directions * directions.sum(1, keepdim=True).sign()  # a singular vector has no sign of its own
    seen = rows @ directions.T
    low, high = seen.amin(0), seen.amax(0)
    side = channels.shape[-1]
    colours: np.ndarray = ((seen - low) / (high - low).clamp_min(1e-12)).view(side, side, 3).numpy()
    return colours


def _stage_frame(shown: Sequence[tuple[np.ndarray, str]], total: int, z: Tensor) -> Frame:
    figure, axes = plot.canvas(1, total, height=1.6)
    for place in axes.flat:
        place.set_axis_off()
    for place, (image, size) in zip(axes.flat, shown, strict=False):
        plot.picture(place, image, title=size)
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"z ({z.shape[1]} numbers), then {' → '.join(size for _, size in shown)}. Colours: the three strongest directions of the channels.",
            f"z（{z.shape[1]} 个数）之后依次为 {' → '.join(size for _, size in shown)}。颜色取自各通道最强的三个主方向。",
        ),
        facts={"stages": float(len(shown))},
    )
