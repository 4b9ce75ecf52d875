"""Training the video model on a few drawn clips: events, resuming bit by bit, mirrored labels, which frames are told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from aigc_core.datasets import sprites
from aigc_core.engine import drain
from aigc_core.models.unet import UNetConfig
from aigc_core.models.video_unet import VideoConfig
from aigc_core.training import images, video_sprites
from aigc_core.training.video_sprites import Clips, Config, given, mirrored, train
from aigc_core.types import Progress, Result

MODEL = VideoConfig(
    picture=UNetConfig(
        channels=4, patch=8, width=8, multipliers=(1, 2), attention=(4,), head=8, groups=4, attributes=sprites.CLASSES, dropout=0.1
    )
)  # fmt: skip


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Twenty clips of one row each, four steps of two."""
    data = tmp_path_factory.mktemp("sprites")
    rng = np.random.default_rng(0)
    lines = ["file,action,direction,sex,body,feet,legs,torso,hair"]
    for i in range(20):
        strip = np.full((64, 512, 3), 90, np.uint8)
        strip[20:40, 8:504] = rng.integers(100, 255, (20, 496, 3), np.uint8)
        Image.fromarray(strip).save(data / f"{i}.png")
        lines.append(f"{i}.png,{sprites.ATTRIBUTES['action'][i % 3]},left,male,body/male/orc,,,,")
    (data / "metadata.csv").write_text("\n".join(lines) + "\n")
    return Config(
        data=data, out=data / "run", kimg=0.008, batch=2, save_kimg=0.004, warmup_kimg=0.002, model=MODEL, sheet=2, sheet_steps=2
    )  # fmt: skip


def test_every_step_is_an_event_and_a_run_cut_short_goes_on_bit_by_bit(config: Config, tmp_path: Path) -> None:
    whole = replace(config, out=tmp_path / "whole")
    *steps, last = train(whole)
    assert [(e.step, e.total) for e in steps if isinstance(e, Progress)] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert [e.preview is not None for e in steps if isinstance(e, Progress)] == [False, True, False, True]
    assert isinstance(last, Result) and last.info["finished"]
    lines = [json.loads(line) for line in (whole.out / "log.jsonl").read_text().splitlines()]
    assert len(lines) == 2 and all(line["loss"] > 0 and line["val_loss"] > 0 for line in lines)

    cut = replace(config, out=tmp_path / "cut")
    events = train(cut)
    for event in events:
        if isinstance(event, Progress) and event.step == 3:  # one step after the state was saved
            break
    events.close()
    resumed = drain(train(cut)).output
    for name, tensor in last.output.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], tensor), name


def test_a_mirror_swaps_left_and_right_and_nothing_else(config: Config) -> None:
    row = [1 for _ in sprites.ATTRIBUTES]
    direction, hair = (list(sprites.ATTRIBUTES).index(name) for name in ("direction", "hair"))
    row[direction] = sprites.ATTRIBUTES["direction"].index("left") + 1
    row[hair] = sprites.ATTRIBUTES["hair"].index("shoulderr") + 1
    wanted = list(row)
    wanted[direction] = sprites.ATTRIBUTES["direction"].index("right") + 1
    wanted[hair] = sprites.ATTRIBUTES["hair"].index("shoulderl") + 1
    labels = torch.tensor([row, [0] * len(row)])
    assert mirrored(labels).tolist() == [wanted, [0] * len(row)]
    assert torch.equal(mirrored(mirrored(labels)), labels)

    data = video_sprites.load(config, "train")
    clips, got = Clips(data.frames[:1], data.labels[:1]).batch(np.zeros(32, np.int64), images.step_rng(0, 0, "cpu"))
    plain = clips[got[:, direction] == row[direction]]
    turned = clips[got[:, direction] == wanted[direction]]
    assert len(plain) + len(turned) == 32 and min(len(plain), len(turned)) > 5
    assert torch.equal(plain[0].flip(3), turned[0])


def test_first_and_last_frames_are_told_as_often_as_asked(config: Config) -> None:
    told = given(replace(config, batch=2000, first_told=0.3, ends_told=0.2), images.step_rng(0, 0, "cpu"))
    assert abs(float(told[:, 0].mean()) - 0.5) < 0.04 and abs(float(told[:, -1].mean()) - 0.2) < 0.04
    assert not told[:, 1:-1].any() and bool((told[:, 0] >= told[:, -1]).all())
    with pytest.raises(ValueError, match="shares of given frames"):
        replace(config, first_told=0.9, ends_told=0.2)
