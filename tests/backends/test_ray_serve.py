"""Workers of a real Ray on this machine: what they make, that they can be stopped, and what becomes of a job whose worker is killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import torch
import toy_workers
from streams import check_stream
from toy_workers import FOLDER, Mark, marks

from aigc_core import registry
from aigc_core.backends.ray_settings import RaySettings, Workers
from aigc_core.engine import Engine, drain
from aigc_core.errors import InvalidRequestError, UnknownModelError, WorkerError
from aigc_core.jobs.ledger import Wanted
from aigc_core.tasks.continue_text import ContinueTextRequest
from aigc_core.tasks.faces import FacesRequest
from aigc_core.types import Progress, Result
from demos.ui.player import moments
from demos.ui.studio import Studio

ray = pytest.importorskip("ray", reason="the extra is not installed: pip install -r requirements-ray.txt")
from aigc_core.backends.ray_cluster import Cluster  # noqa: E402 - Ray is imported with it
from aigc_core.backends.ray_front import RayBackend  # noqa: E402

pytestmark = pytest.mark.scale
SUPPORT = Path(__file__).resolve().parents[1] / "support"
PATIENCE_S = 60.0
SETTINGS = RaySettings(
    default=Workers(replicas=1, threads=1), tasks={"faces": Workers(replicas=2, jobs_at_once=1, threads=1)}
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("marks")


@pytest.fixture(scope="module")
def cluster(folder: Path) -> Iterator[Any]:
    """A Ray of this machine whose workers know the toy."""
    paths = os.pathsep.join(map(str, (SUPPORT, SUPPORT.parents[1])))
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(
        address="local",
        num_cpus=2,
        include_dashboard=False,
        object_store_memory=100_000_000,
        log_to_driver=False,
        runtime_env={
            "env_vars": {FOLDER: str(folder), "PYTHONPATH": paths},
            "worker_process_setup_hook": "toy_workers.install",
        },
    )
    made = Cluster(SETTINGS, deadline_s=PATIENCE_S)
    yield made
    made.close()
    from ray import serve

    serve.shutdown()
    ray.shutdown()


@pytest.fixture(scope="module")
def backend(cluster: Any) -> Iterator[RayBackend]:
    patch = pytest.MonkeyPatch()
    known = toy_workers.table()
    patch.setattr(registry, "_table", lambda: known)
    yield RayBackend(cluster, offered=frozenset({"faces-marked", "faces-vae-64", "text-gpt-en"}))
    patch.undo()


@pytest.fixture(autouse=True)
def afresh(folder: Path) -> Iterator[None]:
    """No marks, and the gate shut; at the end it is opened, so that nothing waits on."""
    for name in ("marks", "gate"):
        (folder / name).unlink(missing_ok=True)
    yield
    (folder / "gate").touch()


def toy(**values: Any) -> FacesRequest:
    return FacesRequest(model="faces-marked", **{"count": 3, **values})


def until(holds: Callable[[], Any]) -> Any:
    """Wait for what other processes do."""
    end = time.monotonic() + PATIENCE_S
    while not (found := holds()):
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.05)
    return found


def began(folder: Path, seed: int) -> list[Mark]:
    return [mark for mark in marks(folder) if mark.word == "began" and mark.seed == seed]


def words(folder: Path, seed: int) -> list[str]:
    return [mark.word for mark in marks(folder) if mark.seed == seed]


def first_step(events: Any) -> Progress:
    return next(event for event in events if isinstance(event, Progress) and event.stage == "run")


@pytest.mark.parametrize(
    "request_",
    [
        FacesRequest(model="faces-vae-64", count=2, seed=11),
        ContinueTextRequest(model="text-gpt-en", prompt="Once upon a time", max_new_tokens=12, seed=5),
    ],
    ids=lambda asked: asked.task,
)
def test_workers_make_what_the_engine_in_this_process_makes(
    backend: RayBackend, request_: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.set_num_threads(1)  # as the workers do
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # as recipes tell it
    here, there = (check_stream(engine, request_) for engine in (Engine(), backend))
    assert there.recipe == here.recipe
    assert made(there) == made(here)


def made(result: Result) -> Any:
    """The bytes of an output."""
    output = result.output
    return [image.tobytes() for image in output.images] if hasattr(output, "images") else output.text


def test_every_step_arrives_while_it_is_made(backend: RayBackend, folder: Path) -> None:
    steps, so_far = [], None
    for event in backend.run(toy(seed=1)):
        if isinstance(event, Progress) and event.stage == "run":
            steps.append(event.step)
            so_far = so_far or (words(folder, 1), len(event.preview.images))
    assert steps == [1, 2, 3]
    assert so_far == (["began"], 1), "the first step is told before the last one is made"


def test_errors_are_what_they_are_in_both_languages(backend: RayBackend) -> None:
    with pytest.raises(InvalidRequestError, match=r"^The toy is broken\.$") as caught:
        drain(backend.run(toy(prompt="refused")))
    assert caught.value.zh == "玩具坏了。"
    with pytest.raises(UnknownModelError, match="faces-marked"):
        drain(backend.run(FacesRequest(model="faces-gan-128")))


def test_closing_the_stream_stops_the_work_at_its_next_step(backend: RayBackend, folder: Path) -> None:
    events = backend.run(toy(seed=2, prompt="held"))
    first_step(events)
    events.close()
    until(lambda: "closed" in words(folder, 2))
    assert words(folder, 2) == ["began", "closed"]


def test_two_jobs_run_at_once_on_two_workers(backend: RayBackend, folder: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(drain, backend.run(toy(seed=seed, prompt="held"))) for seed in (3, 4)]
        both = until(lambda: began(folder, 3) and began(folder, 4) and marks(folder))
        assert {mark.word for mark in both} == {"began"}, "one ended before the other began"
        assert len({mark.process for mark in both}) == 2
        (folder / "gate").touch()
        assert [job.result().recipe["seed"] for job in jobs] == [3, 4]


def test_a_job_whose_worker_is_killed_before_it_showed_anything_is_done_by_another_once(backend: RayBackend, folder: Path, tmp_path: Path) -> None:  # fmt: skip
    studio = Studio(engine=backend, outputs=tmp_path)
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(lambda: list(moments(studio, toy(seed=5, prompt="held first"), None)))
        killed = until(lambda: began(folder, 5))[0].process
        os.kill(killed, signal.SIGKILL)
        again = until(lambda: began(folder, 5)[1:])[0].process
        (folder / "gate").touch()
        result = job.result()[-1].result
    assert result is not None and len(result.output.images) == 3
    assert again != killed and words(folder, 5) == ["began", "began", "done"]
    assert [one.state for one in studio.jobs.ledger.jobs(Wanted())] == ["done"]


def test_a_job_whose_worker_is_killed_after_that_is_reported_and_not_done_again(backend: RayBackend, folder: Path, tmp_path: Path) -> None:  # fmt: skip
    studio = Studio(engine=backend, outputs=tmp_path)
    with closing(moments(studio, toy(seed=6, prompt="held"), None)) as seen:
        while (event := next(seen).event) is None or event.stage != "run":
            pass
        os.kill(began(folder, 6)[0].process, signal.SIGKILL)
        with pytest.raises(WorkerError, match="has ended before it was done") as caught:
            list(seen)
    assert "请重试" in caught.value.zh
    assert [one.state for one in studio.jobs.ledger.jobs(Wanted())] == ["failed"]
    (folder / "gate").touch()
    assert len(drain(backend.run(toy(seed=7))).output.images) == 3, "the next job is done"
    assert words(folder, 6) == ["began"]
