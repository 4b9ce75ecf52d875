"""Training the face model from shards: each picture once an epoch whoever reads it, labels included, and resuming bit by bit."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from aigc_core.datasets import face_labels, shards
from aigc_core.engine import drain
from aigc_core.errors import InvalidRequestError
from aigc_core.models.unet import UNetConfig
from aigc_core.training import faces_diffusion
from aigc_core.training.distributed import Processes
from aigc_core.training.faces_diffusion import Config, train
from aigc_core.training.images import Pictures
from aigc_core.training.streamed import Streamed
from aigc_core.types import Progress

COUNT = 24


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 pictures of one grey each, in at least four shards."""
    data = tmp_path_factory.mktemp("pictures")
    with (data / "metadata.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "split", "gender"])
        for i in range(COUNT):
            Image.new("RGB", (16, 16), (i * 10,) * 3).save(data / f"{i}.png")
            table.writerow([f"{i}.png", "train", face_labels.GENDERS[i % 2]])
    packed = tmp_path_factory.mktemp("shards")
    assert len(shards.write(packed, shards.pictures(data, "train", 0), 8_000)) >= 4
    return packed


@pytest.fixture
def stream(folder: Path) -> Streamed:
    return Streamed(folder=folder, resolution=8, attributes=3, device="cpu", buffer=5)


def greys(batches: Iterator[Pictures], count: int) -> list[list[int]]:
    with closing(batches) as some:  # type: ignore[type-var]
        return [[int(picture[0, 0, 0]) // 10 for picture in batch.images] for batch in islice(some, count)]


def test_a_picture_comes_with_its_labels(stream: Streamed) -> None:
    pictures = stream.first(COUNT)
    assert pictures.images.shape == (COUNT, 3, 8, 8) and pictures.images.dtype == torch.uint8
    gender = pictures.labels[:, 1].tolist()
    assert gender == [int(grey) // 10 % 2 + 1 for grey in pictures.images[:, 0, 0, 0]]
    clean, labels = stream.batch(pictures, torch.Generator().manual_seed(0))
    assert clean.min() == -1 and torch.equal(labels, pictures.labels)


@pytest.mark.parametrize("workers", [1, 2])
def test_two_processes_read_every_picture_about_as_often(stream: Streamed, workers: int) -> None:
    """With one worker each, exactly once an epoch, since each ends its epoch before it begins the next."""
    many = replace(stream, workers=workers)
    parts = [
        [grey for batch in greys(many.batches(2, 0, 0, Processes(rank, 2)), 60) for grey in batch] for rank in (0, 1)
    ]
    assert set(parts[0]) == set(parts[1]) == set(range(COUNT)), "every epoch deals the shards anew"
    whole = greys(many.batches(1, 0, 0, Processes()), COUNT)
    assert workers > 1 or sorted(grey for (grey,) in whole) == list(range(COUNT))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_stream_goes_on_at_any_batch(stream: Streamed, workers: int) -> None:
    many = replace(stream, workers=workers)
    whole = greys(many.batches(3, 1, 0, Processes(1, 2)), 30)
    for start in (1, 2, 7, 20):
        assert greys(many.batches(3, 1, start, Processes(1, 2)), 30 - start) == whole[start:]


def test_a_training_from_shards_goes_on_bit_by_bit(folder: Path, tmp_path: Path) -> None:
    model = UNetConfig(
        resolution=16, width=8, multipliers=(1, 2), attention=(8,), head=8, groups=4, gaussian=4, attributes=face_labels.CLASSES
    )  # fmt: skip
    config = Config(
        data=folder, out=tmp_path / "whole", kimg=0.012, batch=3, save_kimg=0.006, warmup_kimg=0.003, model=model, sheet=2,
        sheet_steps=2, workers=2, buffer=4,
    )  # fmt: skip
    whole = drain(train(config)).output.state_dict()
    cut = replace(config, out=tmp_path / "cut")
    events = train(cut)
    assert [event.step for event in islice(events, 3) if isinstance(event, Progress)] == [1, 2, 3]
    events.close()
    resumed = drain(train(cut)).output.state_dict()
    for name, tensor in whole.items():
        assert torch.equal(resumed[name], tensor), name


def test_what_shards_cannot_do_is_said(folder: Path, tmp_path: Path) -> None:
    config = Config(data=folder, out=tmp_path, decoder=tmp_path)
    with pytest.raises(InvalidRequestError, match="not shards"):
        faces_diffusion.load(config)
    with pytest.raises(ValueError, match="workers >= 1"):
        replace(config, workers=0)
    with pytest.raises(InvalidRequestError, match="readers"):
        next(
            iter(Streamed(folder=folder, resolution=8, attributes=0, device="cpu").batches(1, 0, 0, Processes(0, 999)))
        )
    assert np.all(np.array([shard.samples for shard in shards.index(folder)]) > 0)
