"""Training the face diffusion model on a handful of drawn pictures: resuming, time limit, averages, labels, bare machines."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import nn

from aigc_core import checkpoint, runtime
from aigc_core.datasets import face_labels, faces
from aigc_core.engine import drain
from aigc_core.models.unet import Preconditioned, UNetConfig
from aigc_core.models.vae import VAE, VAEConfig
from aigc_core.training import faces_diffusion, images
from aigc_core.training.faces_diffusion import Config, drop, train
from aigc_core.training.latents import Latents
from aigc_core.types import Progress, Result

MODEL = UNetConfig(
    resolution=16, width=8, multipliers=(1, 2), attention=(8,), head=8, groups=4, dropout=0.1,
    attributes=face_labels.CLASSES,
)  # fmt: skip


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Eight 16×16 pictures with labels, four steps of two."""
    data = tmp_path_factory.mktemp("faces")
    rng = np.random.default_rng(0)
    lines = ["file,split,age,gender,mouth_open"]
    for i in range(8):
        Image.fromarray(rng.integers(0, 255, (16, 16, 3), np.uint8)).save(data / f"{i}.png")
        lines.append(f"{i}.png,train,{face_labels.AGES[i % 6]},{face_labels.GENDERS[i % 2]},{i / 20}")
    (data / "metadata.csv").write_text("\n".join(lines) + "\n")
    return Config(
        data=data, out=data / "run", kimg=0.008, batch=2, save_kimg=0.004, warmup_kimg=0.002, model=MODEL, sheet=2,
        sheet_steps=2,
    )  # fmt: skip


def weights(model: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def test_every_step_is_an_event_and_sheets_come_when_due(config: Config, tmp_path: Path) -> None:
    *steps, last = train(replace(config, out=tmp_path))
    assert [(e.step, e.total) for e in steps if isinstance(e, Progress)] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert [e.preview is not None for e in steps if isinstance(e, Progress)] == [False, True, False, True]
    assert isinstance(last, Result) and last.info["kimg"] == 0.008 and last.info["finished"]
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert len(lines) == 2 and all(line["loss"] > 0 for line in lines)
    assert Image.open(tmp_path / "samples.png").size == (32, 32)


def test_an_interrupted_run_ends_as_an_uninterrupted_one(config: Config, tmp_path: Path) -> None:
    """Dropout, noise, labels, learning rate and average included."""
    whole = weights(drain(train(replace(config, out=tmp_path / "whole"))).output)
    events = train(replace(config, out=tmp_path / "parts"))
    for _ in range(3):  # the state of step 2 is kept, step 3 is lost
        next(events)
    events.close()
    torch.manual_seed(99)
    resumed = weights(drain(train(replace(config, out=tmp_path / "parts"))).output)
    assert resumed.keys() == whole.keys()
    for name, tensor in whole.items():
        torch.testing.assert_close(resumed[name], tensor, rtol=0, atol=0, msg=name)


def test_a_time_limit_saves_and_the_next_call_goes_on(config: Config, tmp_path: Path) -> None:
    short = replace(config, out=tmp_path, minutes=0.0, save_kimg=1.0)
    *steps, last = train(short)
    assert isinstance(last, Result) and len(steps) == 1 and not last.info["finished"]
    assert (tmp_path / "ema" / "model.safetensors").exists()
    *steps, last = train(replace(short, minutes=None))
    assert isinstance(last, Result) and [e.step for e in steps if isinstance(e, Progress)] == [2, 3, 4]


def test_the_seed_decides_and_nobody_elses_generator_is_touched(config: Config, tmp_path: Path) -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    one = weights(drain(train(replace(config, out=tmp_path / "a", kimg=0.004))).output)
    assert torch.equal(torch.rand(1), expected)
    other = weights(drain(train(replace(config, out=tmp_path / "b", kimg=0.004, seed=1))).output)
    assert not torch.equal(one["net.conv_in.weight"], other["net.conv_in.weight"])


def test_the_checkpoint_is_the_average_and_starts_another_run(config: Config, tmp_path: Path) -> None:
    ema = drain(train(replace(config, out=tmp_path / "a"))).output
    folder = tmp_path / "a" / "ema"
    loaded = checkpoint.load(folder, Preconditioned(checkpoint.load_config(folder, UNetConfig))).state_dict()
    for name, tensor in ema.state_dict().items():
        torch.testing.assert_close(loaded[name], tensor, rtol=1e-3, atol=1e-4, msg=name)
    again = replace(config, init=folder)
    model, average, _ = faces_diffusion.build(again, faces_diffusion.load(again))
    assert all(torch.equal(model.state_dict()[name], tensor) for name, tensor in loaded.items())
    assert model.training and not average.training


def test_large_checkpoints_come_in_files_that_can_be_carried(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "SHARD_BYTES", 20_000)
    drain(train(replace(config, out=tmp_path, kimg=0.002)))
    files = list((tmp_path / "ema").glob("model-*.safetensors"))
    assert len(files) > 1 and max(f.stat().st_size for f in files) < 40_000
    checkpoint.load(tmp_path / "ema", Preconditioned(MODEL))


def test_divergence_stops_the_run_and_names_the_step(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = faces_diffusion.unet.loss
    calls: list[int] = []

    def loss(*args: object) -> torch.Tensor:
        calls.append(1)
        return whole(*args) * (float("nan") if len(calls) == 3 else 1.0)  # type: ignore[arg-type]

    monkeypatch.setattr(faces_diffusion.unet, "loss", loss)
    with pytest.raises(FloatingPointError, match="at step 3"):
        drain(train(replace(config, out=tmp_path, save_kimg=1.0)))
    assert not (tmp_path / "state.safetensors").exists(), "the spoilt state is not kept"


def test_labels_are_left_out_together_and_alone() -> None:
    labels = torch.ones(20_000, 3, dtype=torch.long)
    kept = drop(labels, 0.2, runtime.generator(0)).float()
    assert kept.mean().item() == pytest.approx(0.8**2, abs=0.01)
    nothing = (kept.sum(1) == 0).float().mean().item()
    assert nothing == pytest.approx(0.2 + 0.8 * 0.2**3, abs=0.01)
    assert torch.equal(drop(labels, 0.0, runtime.generator(0)), labels)


def test_learning_rate_and_average_follow_their_curves() -> None:
    rates = [images.lr_at(p, 1000 * p, lr=2.0, warmup=100, cooldown=0.5) for p in (0.0, 0.0495, 0.4, 0.5, 0.75, 1.0)]
    assert rates == pytest.approx([0.02, 1.01, 2, 2, 1, 0])
    assert images.decay_at(1e9, 10, 10) == pytest.approx(0.5)
    assert images.decay_at(100, 5, 1000) == pytest.approx(0.5), "a twentieth of those seen"
    assert images.decay_at(0, 5, 1000) == 0.0


def test_batches_are_mirrored_by_half_and_in_range() -> None:
    ramp = torch.arange(4, dtype=torch.uint8).mul(80).expand(200, 3, 4, 4)
    data = images.Pictures(ramp, torch.arange(200)[:, None])
    batch, labels = data.batch(np.arange(200), runtime.generator(0))
    assert batch.min() == -1 and batch.max().item() == pytest.approx(240 / 127.5 - 1)
    mirrored = batch[:, 0, 0, 0] > 0
    assert 70 < mirrored.sum() < 130 and torch.equal(labels[:, 0], torch.arange(200))
    assert batch.is_contiguous(memory_format=torch.channels_last)


def test_prompts_and_rows_become_labels() -> None:
    row = {"age": "30-39", "gender": "Female", "mouth_open": "0.1"}
    assert face_labels.encode([row, {}, {"age": "x", "mouth_open": "0.5"}]).tolist() == [
        [2, 1, 2],
        [0, 0, 0],
        [0, 0, 3],
    ]
    for prompt, labels in {
        "a portrait photo of a person": (0, 0, 0),
        "A smiling woman, 35": (2, 1, 2),
        "an old man with open mouth": (5, 2, 3),
        "微笑的年轻女性": (1, 1, 2),
        "七十岁的男人，闭嘴": (6, 2, 1),
        "female, laughing": (0, 1, 3),
    }.items():
        assert face_labels.parse(prompt) == labels, prompt
    assert face_labels.describe((2, 1, 3)) == "30-39, Female, mouth open" and face_labels.describe((0, 0, 0)) == ""


BARE = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
BLOCKED = {"diffusers", "gradio", "huggingface_hub", "torchaudio", "soundfile", "symusic", "jieba"}
sys.meta_path.insert(0, Absent())
from aigc_core.training import faces_diffusion, faces_gan, faces_vae
for module in (faces_diffusion, faces_vae, faces_gan):
    try:
        module.main(["--help"])
    except SystemExit as done:
        assert done.code == 0
faces_diffusion.main(ARGUMENTS)
print("TRAINED", "transformers" in sys.modules, "onnxruntime" in sys.modules)
"""


def test_it_runs_on_a_machine_with_torch_numpy_pillow_and_safetensors_alone(config: Config, tmp_path: Path) -> None:
    arguments = [
        "--data", str(config.data), "--out", str(tmp_path), "--kimg", "0.002", "--batch", "2", "--resolution", "16",
        "--width", "32", "--multipliers", "1", "2", "--attention", "8", "--threads", "1",
    ]  # fmt: skip
    code = BARE.replace("ARGUMENTS", repr(arguments))
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and "TRAINED False False" in done.stdout, done.stderr[-2000:]
    assert (tmp_path / "ema" / "config.json").exists()


def test_bad_settings_are_refused(config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="batch >= 1"):
        replace(config, batch=0)
    with pytest.raises(SystemExit):
        faces_diffusion.main(["--data", str(tmp_path / "absent"), "--out", str(tmp_path)])
    assert "no data set" in capsys.readouterr().err


def test_latents_come_from_the_vae_and_samples_go_back_through_it(config: Config, tmp_path: Path) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        vae = VAE(VAEConfig(resolution=16, latent=4, latent_side=4, width=8, max_width=8, patch=2))
    checkpoint.save(tmp_path / "vae", vae, vae.config)
    shape = replace(MODEL, resolution=4, channels=4, multipliers=(1,), attention=(), gaussian=16)
    settings = replace(config, out=tmp_path / "run", decoder=tmp_path / "vae", model=shape, sheet=2, sheet_steps=2)
    data = faces_diffusion.load(settings)
    assert isinstance(data, Latents) and data.plain.shape == (8, 4, 4, 4)
    both = torch.cat([data.plain, data.mirrored]).transpose(0, 1).flatten(1)
    torch.testing.assert_close(both.std(1), torch.full((4,), 0.5))
    torch.testing.assert_close(both.mean(1), torch.zeros(4), atol=1e-5, rtol=0)
    pictures = (
        torch.stack([torch.from_numpy(p) for p in faces.load(config.data, split="train", resolution=16)[0]]).float()
        / 127.5
        - 1
    )
    vae = data.vae
    torch.testing.assert_close(data.decode(data.plain), vae.decode(vae.encode(pictures)[0]), atol=1e-4, rtol=1e-4)

    *steps, last = train(settings)
    assert isinstance(last, Result) and isinstance(steps[-1], Progress)
    assert steps[-1].preview is not None and steps[-1].preview.size == (32, 32)
    assert last.output.linear.variance.std() > 0  # measured on the latents
    kept = load_file(tmp_path / "run" / "ema" / "latents.safetensors")
    assert torch.equal(kept["shift"], data.shift) and torch.equal(kept["scale"], data.scale)
