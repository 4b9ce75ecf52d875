"""Save and restore an interrupted training run, as safetensors + JSON (never pickle)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn


def save(
    folder: Path,
    modules: Mapping[str, nn.Module],
    optimizers: Mapping[str, torch.optim.Optimizer],
    meta: Mapping[str, Any],
) -> None:
    """Write ``state.safetensors``, ``meta`` in its header; a crash meanwhile leaves the previous one."""
    tensors = {
        f"{name}/{k}": v.contiguous() for name, module in modules.items() for k, v in module.state_dict().items()
    }
    for name, optimizer in optimizers.items():
        for i, entry in optimizer.state_dict()["state"].items():
            tensors |= {f"{name}/{i}/{k}": torch.as_tensor(v).contiguous() for k, v in entry.items()}
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "state.part", {"meta": json.dumps(dict(meta))})
    (folder / "state.part").replace(folder / "state.safetensors")


def load(
    folder: Path, modules: Mapping[str, nn.Module], optimizers: Mapping[str, torch.optim.Optimizer]
) -> dict[str, Any]:
    """Fill modules and optimizers in place; the ``meta`` given to :func:`save`."""
    file = folder / "state.safetensors"
    tensors = load_file(file)
    for name, module in modules.items():
        module.load_state_dict(_under(tensors, name))
    for name, optimizer in optimizers.items():
        entries: dict[int, dict[str, torch.Tensor]] = {}
        for key, value in _under(tensors, name).items():
            i, _, field = key.partition("/")
            entries.setdefault(int(i), {})[field] = value
        optimizer.load_state_dict({**optimizer.state_dict(), "state": entries})
    with safe_open(file, "pt") as handle:
        meta: dict[str, Any] = json.loads(handle.metadata()["meta"])
    return meta


def resume(
    folder: Path, modules: Mapping[str, nn.Module], optimizers: Mapping[str, torch.optim.Optimizer]
) -> tuple[int, float]:
    """Fill modules and optimizers from a run that was interrupted; its steps and seconds, (0, 0.0) for a run that begins."""
    if not (folder / "state.safetensors").exists():
        return 0, 0.0
    meta = load(folder, modules, optimizers)
    return meta["step"], meta["seconds"]


def _under(tensors: Mapping[str, torch.Tensor], name: str) -> dict[str, torch.Tensor]:
    return {k[len(name) + 1 :]: v for k, v in tensors.items() if k.startswith(name + "/")}
