"""Faces from our diffusion model, a batch at a time; every step previews the network's estimates of the clean pictures.

The network is :mod:`aigc_core.models.unet`, its training :mod:`aigc_core.training.faces_diffusion`, the samplers
:mod:`aigc_core.sampling.diffusion.samplers`. The prompt's words set age group, gender and mouth where it names them, with the
strength of the guidance scale; those of the negative prompt are avoided. A latent diffusion model decodes with its VAE, whose
sliders edit the finished latents.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from aigc_core import checkpoint, runtime, weights
from aigc_core.datasets import face_labels
from aigc_core.errors import CheckpointError
from aigc_core.media import face_detector
from aigc_core.media.image import enlarge, grid
from aigc_core.models.unet import Preconditioned, UNetConfig
from aigc_core.pipelines.faces import best as best_faces
from aigc_core.pipelines.faces import nearest as nearest_faces
from aigc_core.pipelines.faces.codec import Codec, LatentCodec
from aigc_core.pipelines.faces.dcgan import to_picture
from aigc_core.pipelines.faces.edit import to_tensor
from aigc_core.pipelines.faces.latents import blend
from aigc_core.sampling.diffusion import samplers as diffusion
from aigc_core.sampling.diffusion.formulas import explain
from aigc_core.sampling.diffusion.latents import slerp
from aigc_core.sampling.diffusion.samplers import Denoiser, Step, Steps, guided
from aigc_core.sampling.diffusion.schedules import karras_sigmas
from aigc_core.tasks.faces import (
    SAMPLERS,
    Faces,
    FaceSketch,
    FacesRequest,
    FaceTrajectoryRequest,
    NearestFacesRequest,
    SketchFaceRequest,
    Trajectory,
    TrajectoryStep,
)
from aigc_core.tasks.fields import seeds_from
from aigc_core.tasks.inpaint import InpaintRequest
from aigc_core.types import Events, ModelSpec, Progress, Result, Shipped

CHANNEL_RANGE = 3.0
"""Deviations from mid-grey to white in the maps of a latent's channels."""
SKETCH_STEPS = 18
"""Default steps of the full schedule from σ_max, of which a sketch's strength selects the last part."""
Row = TypeVar("Row")
_SampledRequest = FacesRequest | FaceTrajectoryRequest | SketchFaceRequest | InpaintRequest


class Plan(NamedTuple):
    """The sampling settings of a batch."""

    denoise: Denoiser
    sigmas: Tensor
    sampler: str
    steps: int
    labels: tuple[str, ...]
    """Those of each face in words; empty texts for an unconditional model."""
    guidance_scale: float


class DiffusionFaces:
    """``settings``, all optional: ``decoder`` (the VAE's checkpoint, unless a second folder is given), ``sampler`` (one of
    ``SAMPLERS``), ``steps``, ``guidance_scale``, ``sigma_min``, ``sigma_max``, ``rho``, ``display_scale``, and, for a model with a
    Gaussian part, ``teleport``: the noise level to which that part alone solves the ODE in closed form, without calling the
    network. All sampling steps then lie below this level.

    ``batch`` is the number of faces that are sampled together, 1 by default. A face depends on its own seed alone, to the byte:
    the network's rounding depends on the size of its batch, though not on what else is in it, so a batch is always filled up.
    """

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self.name = spec.name
        self.config = checkpoint.load_config(folders[0], UNetConfig)
        if self.config.attributes not in ((), face_labels.CLASSES):
            raise CheckpointError(
                f"{spec.name} was trained with attributes {self.config.attributes}; known are {face_labels.CLASSES}.",
                f"{spec.name} 训练时的属性类别为 {self.config.attributes}，目前支持的是 {face_labels.CLASSES}。",
            )
        self.model = checkpoint.load(folders[0], Preconditioned(self.config)).to(runtime.device())
        self.model.requires_grad_(False).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        settings = spec.settings
        self.codec = _codec(self.config, folders, str(settings.get("decoder", "")))
        self.sampler = str(settings.get("sampler", SAMPLERS[0]))
        self.steps = int(settings.get("steps", 18))
        self.guidance_scale = float(settings.get("guidance_scale", 2.0))
        self.sigma_min = float(settings.get("sigma_min", 0.002))
        self.sigma_max = float(settings.get("sigma_max", 80.0))
        self.rho = float(settings.get("rho", 7.0))
        self.teleport = float(settings.get("teleport", 0.0)) if self.model.linear is not None else 0.0
        self.display_scale = int(settings.get("display_scale", 1))
        self.rows = int(settings.get("batch", 1))

    @torch.inference_mode()
    def stream(self, request: FacesRequest | FaceTrajectoryRequest | SketchFaceRequest | NearestFacesRequest) -> Events:
        if isinstance(request, FacesRequest):
            yield from best_faces.stream(self._faces, request) if request.chooses else self._faces(request)
        elif isinstance(request, FaceTrajectoryRequest):
            yield from self._trajectory(request)
        elif isinstance(request, SketchFaceRequest):
            yield from self._sketch(request)
        else:
            yield from nearest_faces.stream(self._faces, request, self.display_scale)

    # --- requests ---

    def _faces(self, request: FacesRequest) -> Events:
        shift = self.codec.sliders.shift(self.name, request)
        seeds = seeds_from(request.seed, request.count)
        walk = request.frames if request.seed_to is not None else 0
        length = self._steps(request) + bool(self.teleport)
        total = length * sum(math.ceil(rows / self.rows) for rows in (request.count, walk))
        images: list[Image.Image] = []
        labels: list[str] = []
        done = 0
        for group in self._groups(seeds):
            filled = self._filled(group)
            plan = self._plan(request, filled)
            noise = torch.cat([self._start(seed, request) for seed in filled])
            for step in self._sample(plan, noise, filled):
                done += 1
                so_far = partial(self._so_far, tuple(images), step.denoised[: len(group)], shift, seeds)
                if not step.sigma_next:
                    images += self._pictures(step.x_next[: len(group)], shift)
                    so_far = partial(
                        Faces, images=tuple(images), seeds=seeds[: len(images)], display_scale=self.display_scale
                    )
                yield Progress(step=done, total=total, preview=so_far, message=f"σ {step.sigma:.3g}")
            labels += plan.labels[: len(group)]
        frames: list[Image.Image] = []
        for shares in self._groups([i / (walk - 1) for i in range(walk)]):
            for step in self._between(request, self._filled(shares)):
                done += 1
                if not step.sigma_next:
                    finished = self._pictures(step.x_next[: len(shares)], shift)
                    frames += [enlarge(frame, self.display_scale) for frame in finished]
                yield Progress(step=done, total=total)
        output = Faces(images=tuple(images), seeds=seeds, frames=tuple(frames), display_scale=self.display_scale)
        yield Result(output=output, info=self._info(plan) | {"labels": labels, "size": list(images[0].size)})

    @torch.inference_mode()
    def _so_far(
        self, images: tuple[Image.Image, ...], denoised: Tensor, shift: Tensor | None, seeds: tuple[int, ...]
    ) -> Faces:
        """The finished faces, and of those of the present batch what the network expects."""
        expected = [to_picture(picture) for picture in self.codec.decode(denoised, shift)]
        return Faces(
            images=(*images, *expected), seeds=seeds[: len(images) + len(expected)], display_scale=self.display_scale
        )

    def _between(self, request: FacesRequest, shares: Sequence[float]) -> Generator[Step, None, None]:
        """The sampling steps of the faces that lie these shares of the way from one seed's to the other's, a full batch."""
        assert request.seed_to is not None
        ends = self._start(request.seed, request), self._start(request.seed_to, request)
        plan, there = (self._plan(request, self._filled([seed])) for seed in (request.seed, request.seed_to))
        noise = torch.cat([slerp(*ends, t) for t in shares])  # of unit deviation, all along the arc
        weight = torch.tensor(shares).view(-1, 1, 1, 1)

        def denoise(x: Tensor, sigma: Tensor) -> Tensor:
            return torch.lerp(plan.denoise(x, sigma), there.denoise(x, sigma), weight.to(x))

        yield from self._sample(plan._replace(denoise=denoise), noise, self._filled([request.seed]))

    def _trajectory(self, request: FaceTrajectoryRequest) -> Events:
        filled = self._filled([request.seed])
        plan = self._plan(request, filled)
        steps: list[TrajectoryStep] = []
        before: float | None = None
        total = plan.steps + bool(self.teleport)
        for step in self._sample(plan, torch.cat([self._noise(seed) for seed in filled]), filled):
            teleported = bool(self.teleport) and step.i == 0
            formula = explain("teleport" if teleported else plan.sampler, step.sigma, step.sigma_next, before)
            noisy = steps[-1].after if steps else self._as_picture(step.x[:1], step.sigma)
            steps.append(
                TrajectoryStep(
                    i=step.i, sigma=step.sigma, sigma_next=step.sigma_next, noisy=noisy,
                    denoised=self._pictures(step.denoised[:1])[0],
                    after=self._as_picture(step.x_next[:1], step.sigma_next),
                    formula=formula.tex, numbers=formula.numbers, latent=self._channels(step.x[0], step.sigma),
                )
            )  # fmt: skip
            before = None if teleported else step.sigma
            output = Trajectory(
                steps=tuple(steps), sampler=plan.sampler, seed=request.seed, teleported=bool(self.teleport),
                display_scale=self.display_scale,
            )  # fmt: skip
            yield Progress(step=step.i + 1, total=total, preview=output, message=f"σ {step.sigma:.3g}")
        yield Result(output=output, info=self._info(plan))

    def _sketch(self, request: SketchFaceRequest) -> Events:
        plan = self._plan(request)
        if self.teleport:  # passes over most of the way along which drawings come in
            steps = request.num_inference_steps or SKETCH_STEPS
            plan = plan._replace(sigmas=karras_sigmas(steps, sigma_max=self.sigma_max), steps=steps)
        drawing = face_detector.centre(request.image.convert("RGB"), self.codec.side)
        clean = self.codec.encode(to_tensor(drawing).to(runtime.device()))
        seeds = seeds_from(request.seed, request.count)
        noisy, left = diffusion.sdedit(clean, plan.sigmas, request.strength, [runtime.generator(request.seed)])
        steps = len(left) - 1
        shown = {
            "drawing": drawing,
            "noisy": self._as_picture(noisy, float(left[0])),
            "display_scale": self.display_scale,
        }
        images = self._pictures(clean) * request.count if not steps else []
        done, total = 0, steps * math.ceil(request.count / self.rows)
        for group in self._groups(seeds) if steps else ():
            filled = self._filled(group)
            rngs = [runtime.generator(seed) for seed in filled]
            x, _ = diffusion.sdedit(clean.expand(self.rows, *clean.shape[1:]), plan.sigmas, request.strength, rngs)
            for step in self._solve(plan._replace(sigmas=left), x, filled):
                done += 1
                so_far = partial(self._drawn_so_far, tuple(images), step.denoised[: len(group)], seeds, shown)
                if not step.sigma_next:
                    images += self._pictures(step.x_next[: len(group)])
                    so_far = partial(FaceSketch, images=tuple(images), seeds=seeds[: len(images)], **shown)  # type: ignore[arg-type]
                yield Progress(step=done, total=total, preview=so_far)
        output = FaceSketch(images=tuple(images), seeds=seeds, **shown)  # type: ignore[arg-type]
        if not steps:
            yield Progress(step=1, total=1, preview=output)
        yield Result(output=output, info=self._info(plan) | {"steps_taken": steps, "sigma_start": float(left[0])})

    def _drawn_so_far(
        self, images: tuple[Image.Image, ...], denoised: Tensor, seeds: tuple[int, ...], shown: Mapping[str, object]
    ) -> FaceSketch:
        faces = self._so_far(images, denoised, None, seeds)
        return FaceSketch(images=faces.images, seeds=faces.seeds, **shown)  # type: ignore[arg-type]

    @torch.inference_mode()
    def batch(self, requests: Sequence[FacesRequest]) -> list[Image.Image]:
        """The first face of each request in one batch, for evaluation; equal to :meth:`stream` up to rounding. See :meth:`latents`."""
        return [to_picture(image) for image in self.codec.decode(self.latents(requests))]

    @torch.inference_mode()
    def latents(self, requests: Sequence[FacesRequest]) -> Tensor:
        """The sampled x before decoding, (B, C, S, S). Seeds and prompts are each request's own, other settings those of the
        first; deterministic samplers only."""
        plan = self._plan(requests[0])
        if self.config.attributes:
            labels = torch.tensor([self._labels(request, request.seed) for request in requests])
            plan = plan._replace(
                denoise=guided(self.model, labels, torch.tensor(face_labels.NULL), plan.guidance_scale)
            )
        x = self._closed_form_step(plan, torch.cat([self._noise(request.seed) for request in requests])).x_next
        sampler = diffusion.heun if plan.sampler == "heun" else diffusion.dpmpp_2m
        return diffusion.last(sampler(plan.denoise, x, plan.sigmas))

    def plan(self, request: InpaintRequest) -> Plan:
        """The sampling settings of a repair; what the prompt leaves open stays open, as the photo shows it."""
        return self._plan(request)

    # --- parts of a request ---

    def _labels(self, request: _SampledRequest, seed: int | None) -> tuple[int, ...]:
        """The labels named by the prompt; with a seed, sample the others from the training distribution.

        Conditioning on sampled labels gives better faces than unconditional sampling, at the same frequencies.
        """
        named = face_labels.parse(request.prompt)
        if seed is None:
            return named
        avoided = face_labels.parse(getattr(request, "negative_prompt", ""))
        return face_labels.draw(named, np.random.default_rng(seed), avoided)

    def _steps(self, request: _SampledRequest) -> int:
        return self.steps if request.num_inference_steps is None else request.num_inference_steps

    def _plan(self, request: _SampledRequest, seeds: Sequence[int] = ()) -> Plan:
        """Settings from the request, else the model's defaults; labels that the prompt leaves open are sampled for each seed,
        and stay unspecified where no seeds are given."""
        steps = self._steps(request)
        scale = self.guidance_scale if request.guidance_scale is None else request.guidance_scale
        sampler = getattr(request, "sampler", "") or self.sampler
        sigmas = karras_sigmas(steps, self.sigma_min, self.teleport or self.sigma_max, self.rho)
        if not self.config.attributes:
            return Plan(self.model, sigmas, sampler, steps, ("",) * max(1, len(seeds)), 1.0)
        labels = [self._labels(request, seed) for seed in seeds] or [self._labels(request, None)]
        avoided = face_labels.parse(getattr(request, "negative_prompt", ""))
        denoise = guided(self.model, torch.tensor(labels), torch.tensor(avoided), scale)
        return Plan(denoise, sigmas, sampler, steps, tuple(map(face_labels.describe, labels)), scale)

    def _info(self, plan: Plan) -> dict[str, object]:
        return {
            "sampler": plan.sampler, "steps": plan.steps, "labels": plan.labels[0], "guidance_scale": plan.guidance_scale,
            "sigma_min": float(plan.sigmas[-2]), "sigma_max": self.sigma_max,
            **({"teleport": self.teleport} if self.teleport else {}),
        }  # fmt: skip

    def _groups(self, rows: Sequence[Row]) -> list[Sequence[Row]]:
        """The rows in the batches in which they are sampled."""
        return [rows[at : at + self.rows] for at in range(0, len(rows), self.rows)]

    def _filled(self, rows: Sequence[Row]) -> list[Row]:
        """A batch filled up with its last row."""
        return [*rows, *[rows[-1]] * (self.rows - len(rows))]

    def _pictures(self, x: Tensor, shift: Tensor | None = None) -> list[Image.Image]:
        """Decode finished faces (B, C, S, S), one at a time: the decoder gains little from a batch."""
        return [to_picture(self.codec.decode(row[None], shift)[0]) for row in x]

    def _noise(self, seed: int) -> Tensor:
        return runtime.noise([seed], self.codec.shape)  # (1, C, S, S)

    def _start(self, seed: int, request: FacesRequest) -> Tensor:
        """The noise of a face, with the high frequencies of a second seed's noise where the request mixes two."""
        noise = self._noise(seed)
        return noise if request.mix_seed is None else blend(noise, self._noise(request.mix_seed), request.mix_at)

    def _as_picture(self, x: Tensor, sigma: float) -> Image.Image:
        """x_t as a picture, scaled to the standard deviation of clean ones."""
        data = self.config.sigma_data
        return to_picture(self.codec.decode(x * data / (data**2 + sigma**2) ** 0.5)[0])

    def _channels(self, x: Tensor, sigma: float) -> Image.Image | None:
        """The numbers of a latent (C, S, S) as maps of grey, scaled to the deviation of clean ones; None for a model of pixels."""
        if not isinstance(self.codec, LatentCodec):
            return None
        data = self.config.sigma_data
        levels = 127.5 + 127.5 / CHANNEL_RANGE * x / (data**2 + sigma**2) ** 0.5
        maps = [Image.fromarray(one) for one in levels.round().clamp(0, 255).to(torch.uint8).cpu().numpy()]
        return grid(maps, columns=math.ceil(len(maps) ** 0.5), gap=1).convert("RGB")

    def _sample(self, plan: Plan, noise: Tensor, seeds: Sequence[int]) -> Generator[Step, None, None]:
        """The sampling steps from unit noise (B, C, S, S), preceded by the closed-form step where there is one."""
        first = self._closed_form_step(plan, noise)
        if not self.teleport:
            yield from self._solve(plan, first.x, seeds)
            return
        yield first
        for step in self._solve(plan, first.x_next, seeds):
            yield replace(step, i=step.i + 1)

    def _closed_form_step(self, plan: Plan, noise: Tensor) -> Step:
        """The closed-form step from σ_max to the plan's first level; without a closed form a step that changes nothing."""
        start, level = float(self.sigma_max if self.teleport else plan.sigmas[0]), float(plan.sigmas[0])
        x = (start * noise).to(runtime.device())
        linear = self.model.linear
        if not self.teleport or linear is None:
            return Step(i=0, sigma=start, sigma_next=level, x=x, denoised=x, x_next=x)
        x_next = diffusion.teleport(x, start, level, linear.mean, linear.basis, linear.variance, linear.rest)
        denoised = linear(x, x.new_full((len(x),), start))
        return Step(i=0, sigma=start, sigma_next=level, x=x, denoised=denoised, x_next=x_next)

    def _solve(self, plan: Plan, x: Tensor, seeds: Sequence[int]) -> Steps:
        """The sampling steps from ``x`` (B, C, S, S) at the first level of ``plan``; a stochastic sampler has a generator of its
        own for each face."""
        sigmas = plan.sigmas
        rngs = [torch.Generator().manual_seed(2**40 + seed) for seed in seeds]
        samplers: dict[str, Steps] = {
            "dpmpp_2m": diffusion.dpmpp_2m(plan.denoise, x, sigmas),
            "heun": diffusion.heun(plan.denoise, x, sigmas),
            "ddim": diffusion.ddim(plan.denoise, x, sigmas),
            "ddpm": diffusion.ddpm(plan.denoise, x, sigmas, rngs),
        }
        return samplers[plan.sampler]


def _codec(config: UNetConfig, folders: list[Path], decoder: str) -> Codec:
    shape = (config.channels, config.resolution, config.resolution)
    if len(folders) > 1:
        return LatentCodec(shape, folders[0], folders[1])
    if not decoder:
        return Codec(shape, folders[0])
    fetching = weights.ensure(Shipped(folder=decoder))
    while True:
        try:
            next(fetching)
        except StopIteration as done:
            return LatentCodec(shape, folders[0], done.value[0])
