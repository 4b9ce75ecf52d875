"""Our own checkpoints: ``config.json`` + ``model.safetensors``, loaded strictly.

Weights are stored as float16 and come back as float32. A large model may be split into ``model-00001-of-00003.safetensors``
files; they are joined on loading.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from aigc_core.errors import CheckpointError

if TYPE_CHECKING:
    from torch import Tensor, nn

Config = TypeVar("Config")
Model = TypeVar("Model", bound="nn.Module")


def save(folder: Path, model: nn.Module, config: Any, *, half: bool = True, max_shard: int = 2**40) -> None:
    """Write ``config`` (a dataclass) and the model's state; an older checkpoint stays whole until the new one is written.

    Args:
        half: Store floating-point tensors as float16.
        max_shard: Largest file in bytes.

    Raises:
        CheckpointError: a value is not finite, or too large for float16.
    """
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    shards = _shards(_stored(model, half), max_shard)
    names = [f"model-{i:05d}-of-{len(shards):05d}.safetensors" for i in range(1, len(shards) + 1)]
    names = names if len(shards) > 1 else ["model.safetensors"]
    for name, shard in zip(names, shards, strict=True):
        save_file(shard, folder / f"{name}.part")
    for old in folder.glob("model*.safetensors"):
        old.unlink()
    for name in names:
        (folder / f"{name}.part").replace(folder / name)
    (folder / "config.json").write_text(json.dumps(dataclasses.asdict(config), indent=2) + "\n", "utf-8")


def _stored(model: nn.Module, half: bool) -> dict[str, Tensor]:
    """The state as it goes into the file: tied weights once, under their first name."""
    import torch

    state, seen = {}, set()
    for name, tensor in model.state_dict().items():
        if (key := _storage(tensor)) in seen and tensor.numel():
            continue
        seen.add(key)
        value = tensor.detach().cpu()
        if value.is_floating_point():
            value = value.to(torch.float16) if half else value
            if not bool(torch.isfinite(value).all()):
                raise CheckpointError(f"{name} holds values that are not finite{' in float16' if half else ''}.")
        state[name] = value.contiguous()
    return state


def _storage(tensor: Tensor) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    """Equal for two names of one parameter; a view of part of it differs in shape or stride."""
    return tensor.data_ptr(), tuple(tensor.shape), tuple(tensor.stride())


def _shards(state: dict[str, Tensor], max_shard: int) -> list[dict[str, Tensor]]:
    shards: list[dict[str, Tensor]] = [{}]
    room = max_shard
    for name, value in state.items():
        size = value.numel() * value.element_size()
        if size > room and shards[-1]:
            shards.append({})
            room = max_shard
        shards[-1][name] = value
        room -= size
    return shards


def load_config(folder: Path, cls: Callable[..., Config]) -> Config:
    """Read ``config.json`` into the dataclass ``cls``.

    Raises:
        CheckpointError: the file is missing or has other fields.
    """
    file = folder / "config.json"
    if not file.exists():
        raise CheckpointError(
            f"{file} is missing; train or fetch the model first.", f"缺少 {file}，请先训练或下载模型。"
        )
    try:
        return cls(**{k: _tuples(v) for k, v in json.loads(file.read_text("utf-8")).items()})
    except (TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(
            f"{file} does not fit {getattr(cls, '__name__', cls)}: {error}", f"{file} 与模型配置不符：{error}"
        ) from error


def _tuples(value: Any) -> Any:
    """JSON has lists only; configurations are frozen and hold tuples."""
    return tuple(_tuples(v) for v in value) if isinstance(value, list) else value


def load_state(folder: Path) -> dict[str, Tensor]:
    """All tensors of a folder's ``model*.safetensors``, float16 widened to float32.

    Raises:
        CheckpointError: no such file, one of several is missing, or one is damaged.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    files = sorted(folder.glob("model*.safetensors"))
    count = int(match[1]) if files and (match := re.search(r"-of-(\d+)\.", files[0].name)) else 1
    if len(files) != count:
        raise CheckpointError(
            f"{folder} holds {len(files)} of {count} model*.safetensors files; train or fetch the model first.",
            f"{folder} 中应有 {count} 个 model*.safetensors 文件，实有 {len(files)} 个，请先训练或下载模型。",
        )
    try:
        state = {k: v for f in files for k, v in load_file(f).items()}
    except SafetensorError as error:
        raise CheckpointError(
            f"{folder} holds a damaged weights file ({error}); fetch or restore it.",
            f"{folder} 中的权重文件已损坏（{error}），请重新下载或恢复。",
        ) from error
    return {k: v.float() if v.dtype == torch.float16 else v for k, v in state.items()}


def load(folder: Path, model: Model) -> Model:
    """Fill ``model`` strictly and return it in evaluation mode.

    Raises:
        CheckpointError: keys or shapes differ; names the first ones.
    """
    state = load_state(folder)
    own = model.state_dict()
    aliases: dict[object, list[str]] = {}
    for name, tensor in own.items():
        aliases.setdefault(_storage(tensor), []).append(name)
    for names in aliases.values():  # a tied weight is stored under its first name
        for name in names[1:]:
            if name not in state and names[0] in state:
                state[name] = state[names[0]]
    missing, extra = sorted(own.keys() - state.keys()), sorted(state.keys() - own.keys())
    wrong = [n for n in own.keys() & state.keys() if own[n].shape != state[n].shape]
    if missing or extra or wrong:
        raise CheckpointError(
            f"{folder} does not fit {type(model).__name__}: {len(missing)} missing {missing[:3]}, "
            f"{len(extra)} unexpected {extra[:3]}, {len(wrong)} of another shape {sorted(wrong)[:3]}.",
            f"{folder} 与 {type(model).__name__} 不符：缺少 {len(missing)} 项 {missing[:3]}，"
            f"多出 {len(extra)} 项 {extra[:3]}，形状不同 {len(wrong)} 项 {sorted(wrong)[:3]}。",
        )
    model.load_state_dict(state)
    model.train(False)
    return model
