"""Make networks that sample inside their forward pass draw from a given generator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode


class SeededNoise(TorchFunctionMode):
    """``with SeededNoise(generator): model(…)`` draws all noise of ``model`` from ``generator``.

    Some models of transformers call ``torch.randn_like`` or ``torch.bernoulli`` on the global generator (VITS for
    durations and latents, SpeechT5 for the dropout it keeps at inference). Seeding that one would reach into every other
    thread; this mode holds for the calling thread only. Numbers are drawn on the CPU, then moved.
    """

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self._generator = generator

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if kwargs.get("generator") is None:
            if func is torch.randn_like:
                return torch.randn(args[0].shape, generator=self._generator).to(args[0])
            if func is torch.randn:
                device, dtype = kwargs.pop("device", None), kwargs.pop("dtype", None)
                return torch.randn(*args, generator=self._generator, **kwargs).to(device=device, dtype=dtype)
            if func is torch.bernoulli:
                p = args[1] if len(args) > 1 else kwargs.get("p")
                odds = args[0] if p is None else torch.full_like(args[0], p)
                return torch.bernoulli(odds.cpu(), generator=self._generator).to(args[0])
        return func(*args, **kwargs)


def seeded(generator: torch.Generator, fn: Callable[[], Tensor]) -> Callable[[], Tensor]:
    """``fn`` with its noise drawn from ``generator``, in whatever thread it is called."""

    def call() -> Tensor:
        with SeededNoise(generator):
            return fn()

    return call
