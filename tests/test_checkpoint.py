"""Checkpoints: what is saved comes back; what does not fit is refused."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import nn

from aigc_core import checkpoint
from aigc_core.errors import CheckpointError


@dataclass(frozen=True, kw_only=True)
class Config:
    width: int = 8
    sides: tuple[int, ...] = (4, 8)


class Tied(nn.Module):
    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.embed = nn.Embedding(16, width)
        self.body = nn.Linear(width, width)
        self.norm = nn.BatchNorm1d(width)
        self.head = nn.Linear(width, 16, bias=False)
        self.head.weight = self.embed.weight


@pytest.mark.parametrize("shard", [2**40, 300])
def test_half_precision_round_trip_is_exact(tmp_path: Path, shard: int) -> None:
    torch.manual_seed(0)
    model = Tied().half().float()  # values that float16 holds exactly
    checkpoint.save(tmp_path, model, Config(), max_shard=shard)
    again = checkpoint.load(tmp_path, Tied())
    assert checkpoint.load_config(tmp_path, Config) == Config()
    assert len(list(tmp_path.glob("model*.safetensors"))) == (
        1 if shard > 1000 else len(list(tmp_path.glob("model-*")))
    )
    for name, tensor in model.state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor), name
    assert again.head.weight is again.embed.weight
    assert not again.training


def test_another_shape_is_refused_and_named(tmp_path: Path) -> None:
    checkpoint.save(tmp_path, Tied(8), Config())
    with pytest.raises(CheckpointError, match=r"of another shape"):
        checkpoint.load(tmp_path, Tied(4))
    with pytest.raises(CheckpointError, match=r"missing"):
        checkpoint.load(tmp_path, nn.Linear(3, 3))


def test_missing_files_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"train or fetch"):
        checkpoint.load_config(tmp_path, Config)
    with pytest.raises(CheckpointError, match=r"train or fetch"):
        checkpoint.load_state(tmp_path)


def test_unknown_configuration_fields_are_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"width": 8, "depth": 2}')
    with pytest.raises(CheckpointError, match="depth"):
        checkpoint.load_config(tmp_path, Config)
