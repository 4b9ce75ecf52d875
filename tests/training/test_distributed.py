"""Training on two processes, started by torchrun as anybody would: the same run as on one, up to rounding."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from aigc_core.datasets import face_labels, shards
from aigc_core.errors import InvalidRequestError
from aigc_core.training import distributed, language_model
from aigc_core.training.distributed import Processes
from aigc_core.training.language_model import Batch

ROOT = Path(__file__).resolve().parents[2]
STEPS = 6
pytestmark = pytest.mark.scale

FACES = """
import json, sys
from pathlib import Path
import torch
from aigc_core.datasets import face_labels
from aigc_core.models.unet import UNetConfig
from aigc_core.training import faces_diffusion
from aigc_core.training.faces_diffusion import Config

torch.set_num_threads(1)
model = UNetConfig(
    resolution=16, width=8, multipliers=(1, 2), attention=(8,), head=8, groups=4, attributes=face_labels.CLASSES
)
given = dict(kimg=0.024, batch=4, save_kimg=0.012, warmup_kimg=0.001, lr=1e-3, model=model, sheet=2, sheet_steps=2)
data, out, more = sys.argv[1:]
for _ in faces_diffusion.train(Config(data=Path(data), out=Path(out), **{**given, **json.loads(more)})):
    pass
"""
GPT = """
import sys
from pathlib import Path
import torch
from aigc_core.models.gpt import GPTConfig
from aigc_core.training import language_model
from aigc_core.training.language_model import Batch, Config

torch.set_num_threads(1)
model = GPTConfig(
    vocab_size=16, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
    num_key_value_heads=1, head_dim=16, max_position_embeddings=16,
)

def batch(step):
    rng = torch.Generator().manual_seed(step)
    ids = (torch.randint(16, (8, 1), generator=rng) + torch.arange(13)) % 16
    weight = (torch.rand(8, 12, generator=rng) < torch.linspace(0, 1, 8)[:, None]).long()
    if step == 2:
        weight[4:] = 0
    return Batch(ids, weight)

config = Config(out=Path(sys.argv[1]), steps=6, every=3, warmup=2, lr=1e-3, model=model)
for _ in language_model.train(config, batch, lambda network: {}):
    pass
"""

ALONE = """
import sys
from pathlib import Path
from aigc_core.errors import InvalidRequestError
from aigc_core.training.journal import Journal

try:
    Journal(Path("."), ("loss",), 0.0, total=1, every=1, minutes=None)
except InvalidRequestError as error:
    sys.exit("one process" not in str(error))
sys.exit(1)
"""


def launched(script: Path, processes: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A script on so many processes."""
    start = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [*start, str(script), *arguments], cwd=ROOT, env=env, capture_output=True, text=True, timeout=300
    )


def compare(one: Path, two: Path, *, lr: float) -> None:
    """Losses and weights of two runs.

    Every loss is equal to 1e-5, the accuracy of float32 sums. So is nearly every weight, but not each: Adam divides a gradient by its
    own size, and where it is nothing but rounding (the bias of keys, which softmax cancels) two runs step in either direction by the
    learning rate. So 99 of 100 weights differ by less than a thousandth of the way they may have gone, and none by more than
    twice all of it.
    """
    logs = [[json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()] for run in (one, two)]
    assert len(logs[0]) == len(logs[1]) == 2
    for first, second in zip(*logs, strict=True):
        assert second["loss"] == pytest.approx(first["loss"], rel=1e-5, abs=2e-5)
    states = [load_file(run / "state.safetensors") for run in (one, two)]
    assert states[0].keys() == states[1].keys()
    weights = [
        name for name in states[0] if name.startswith(("model/", "network/")) and states[0][name].is_floating_point()
    ]
    apart = torch.cat([(states[0][name] - states[1][name]).abs().flatten() for name in weights])
    assert float(apart.quantile(0.99)) < 1e-3 * lr * STEPS and float(apart.max()) <= 2 * lr * STEPS


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve drawn pictures with labels."""
    data = tmp_path_factory.mktemp("faces")
    rng = np.random.default_rng(0)
    lines = ["file,split,age,gender,mouth_open"]
    for i in range(12):
        Image.fromarray(rng.integers(0, 255, (16, 16, 3), np.uint8)).save(data / f"{i}.png")
        lines.append(f"{i}.png,train,{face_labels.AGES[i % 6]},{face_labels.GENDERS[i % 2]},{i / 20}")
    (data / "metadata.csv").write_text("\n".join(lines) + "\n")
    return data


def train(tmp_path: Path, processes: int, data: Path, name: str, **more: object) -> subprocess.CompletedProcess[str]:
    """Six steps of the face model in ``tmp_path / name``."""
    script = tmp_path / "faces.py"
    script.write_text(FACES)
    return launched(script, processes, str(data), str(tmp_path / name), json.dumps(more))


def test_faces_on_two_processes_are_those_of_one(faces: Path, tmp_path: Path) -> None:
    for count, name in ((1, "one"), (2, "two")):
        done = train(tmp_path, count, faces, name)
        assert done.returncode == 0, done.stderr[-3000:]
    compare(tmp_path / "one", tmp_path / "two", lr=1e-3)
    assert Image.open(tmp_path / "two" / "samples.png").size == (32, 32)
    assert (tmp_path / "two" / "ema" / "config.json").exists()


@pytest.mark.parametrize("packed", [False, True], ids=["pictures", "shards"])
def test_a_time_limit_ends_both_and_the_same_command_goes_on(faces: Path, tmp_path: Path, packed: bool) -> None:
    """Of shards each process reads its own: not the run of one process, but one that ends and goes on as well."""
    data = tmp_path / "shards" if packed else faces
    if packed:
        shards.write(data, shards.pictures(faces, "train", 0), 4_000)
    for more in ({"minutes": 0.0}, {}):
        done = train(tmp_path, 2, data, "run", buffer=2, **more)
        assert done.returncode == 0, done.stderr[-3000:]
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [line["kimg"] for line in lines] == [0.004, 0.012, 0.024] and all(line["loss"] > 0 for line in lines)


def test_a_language_model_on_two_processes_is_that_of_one(tmp_path: Path) -> None:
    """Targets that count are shared unequally, and in one step one process has none of them."""
    script = tmp_path / "gpt.py"
    script.write_text(GPT)
    for count, name in ((1, "one"), (2, "two")):
        done = launched(script, count, str(tmp_path / name))
        assert done.returncode == 0, done.stderr[-3000:]
    compare(tmp_path / "one", tmp_path / "two", lr=1e-3)


def test_a_loss_that_is_not_finite_ends_all_processes(faces: Path, tmp_path: Path) -> None:
    done = train(tmp_path, 2, faces, "run", lr=1e30)
    assert done.returncode != 0 and "FloatingPointError" in done.stderr and "at step" in done.stderr


def test_trainings_that_know_no_processes_refuse_them(tmp_path: Path) -> None:
    script = tmp_path / "alone.py"
    script.write_text(ALONE)
    done = launched(script, 2)
    assert done.returncode == 0, done.stderr[-3000:]


def test_shares_are_equal_and_make_the_whole() -> None:
    batch = torch.arange(12).view(6, 2)
    shares = [Processes(rank, 3).share(batch) for rank in range(3)]
    assert torch.equal(torch.cat(shares), batch) and {len(share) for share in shares} == {2}
    with pytest.raises(InvalidRequestError, match="multiple of 4"):
        Processes(0, 4).share(batch)


def test_targets_that_count_weigh_the_same_wherever_they_are() -> None:
    """Over the processes the shares' factors average to one, however unequal the shares."""
    weight = torch.tensor([[1, 1, 1], [0, 1, 0], [0, 0, 0], [0, 0, 0]])
    batch = Batch(torch.zeros(4, 4, dtype=torch.long), weight)
    parts = [language_model.share_of(batch, Processes(rank, 2)) for rank in range(2)]
    assert [factor for _, factor in parts] == [2.0, 0.0] and parts[1][0].weight is not None and parts[1][0].weight.all()
    assert language_model.share_of(batch, Processes())[1] == 1.0


def test_without_torchrun_there_is_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WORLD_SIZE", "RANK"):
        monkeypatch.delenv(name, raising=False)
    processes = distributed.join("cpu")
    assert (processes.rank, processes.world, processes.first) == (0, 1, True)
    loss = torch.tensor(2.0)
    assert (
        processes.average(torch.nn.Linear(1, 1), loss) is loss
        and processes.agreed(True)
        and not processes.agreed(False)
    )
