"""The app as a public server: load, overload, lost clients, rubbish input, broken handlers, files."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin
from toy_app import served
from toys import Squares

from aigc_core import recipe
from demos.ui import folders, studio
from demos.ui.limits import WAITING


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("outputs")


@pytest.fixture(scope="module")
def url(outputs: Path) -> Iterator[str]:
    with served(outputs) as address:
        yield address


@pytest.fixture(scope="module")
def client(url: str) -> Client:
    return Client(url, verbose=False)


def ask(client: Client, **values: Any) -> Any:
    return client.predict(**{"count": 1, **values}, api_name="/faces")


def test_the_first_value_is_the_output_and_the_last_the_recipe(client: Client) -> None:
    gallery, made = ask(client, count=2, seed=5)
    assert recipe.read(gallery[1]["image"])["part"] == {"index": 1, "seed": 6}
    assert made["parameters"]["count"] == 2
    assert made["generated"] == "AI-generated"


def test_all_parameters_have_defaults(client: Client) -> None:
    gallery, made = client.predict(api_name="/faces")
    assert len(gallery) == made["parameters"]["count"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"count": 99}, "count must be between 1 and 16; got 99"),
        ({"count": "abc"}, "count must be a whole number; got 'abc'"),
        ({"count": 2.5}, "count must be a whole number"),
        ({"seed": -1}, "seed must be between 0 and 4294967295"),
        ({"model": "nope"}, "Choose one of: faces-toy, faces-other"),
        ({"prompt": 5}, "prompt must be text"),
        ({"prompt": "x" * 501}, "at most 500 characters; got 501"),
    ],
)
def test_bad_values_name_the_limit_and_the_value(client: Client, values: dict[str, Any], message: str) -> None:
    with pytest.raises(AppError) as caught:
        ask(client, **values)
    assert message in str(caught.value)


@pytest.mark.parametrize("trouble", ["exit", "memory", "bug"])
def test_broken_handlers_answer_clearly_and_the_server_lives(client: Client, trouble: str) -> None:
    with pytest.raises(AppError) as caught:
        ask(client, prompt=trouble)
    assert "secret detail" not in str(caught.value)
    assert "Traceback" not in str(caught.value)
    assert any(words in str(caught.value) for words in ("went wrong inside the app", "not enough memory"))
    assert ask(client)


def test_a_tab_that_fails_leaves_the_others_up(url: str) -> None:
    config = urllib.request.urlopen(url + "config").read().decode()
    assert "This tab could not be built" in config
    assert "tab-toy_faces" in config


@pytest.fixture
def held() -> Iterator[None]:
    """Requests with the prompt ``held`` run until the gate is opened, at the latest by the end of the test."""
    Squares.gate.clear()
    Squares.begun.clear()
    Squares.closed.clear()
    yield
    Squares.gate.set()


def test_fifty_clients_with_ten_requests_each_lose_none(url: str, client: Client, held: None) -> None:
    """Each request is answered with its own result, beside a job that runs all the time: the queue has room for all of them."""
    slow = client.submit(count=2, prompt="held", api_name="/faces")
    answered, wrong = [], []

    def visit(number: int) -> None:
        mine = Client(url, verbose=False, download_files=False, httpx_kwargs={"timeout": 300})
        for i in range(10):
            seed = number * 100 + i
            try:
                made = mine.predict(count=1, seed=seed, api_name="/faces")[-1]
                (answered if made["seed"] == seed else wrong).append(seed)
            except Exception as error:
                wrong.append(str(error)[:200])

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(visit, range(50)))
    assert not wrong, wrong[:3]
    assert len(answered) == 500
    assert not slow.done()
    Squares.gate.set()
    assert slow.result(timeout=60)[-1]["parameters"]["prompt"] == "held"


def test_overload_is_answered_explicitly(tmp_path: Path, held: None) -> None:
    with served(tmp_path, "--queue", "2") as address:
        busy = [Client(address, verbose=False) for _ in range(6)]
        jobs = [c.submit(count=3, prompt="held", api_name="/faces") for c in busy]
        futures.wait([job.future for job in jobs], timeout=60, return_when=futures.FIRST_COMPLETED)
        Squares.gate.set()
        errors = []
        for job in jobs:
            try:
                job.result(timeout=60)
            except Exception as error:
                errors.append(str(error))
        assert errors
        assert all("queue is full" in e.lower() for e in errors), errors
        assert len(errors) < 6


def test_a_visitor_may_have_a_few_jobs_waiting(tmp_path: Path, held: None) -> None:
    with served(tmp_path, "--public") as address:
        jobs = [Client(address, verbose=False).submit(count=2, prompt="held", api_name="/faces") for _ in range(1)]
        http = httpx.Client(base_url=f"{address}gradio_api", timeout=60)
        config = httpx.get(f"{address}config", timeout=60).json()
        at = next(d["id"] for d in config["dependencies"] if d["api_name"] == "faces")
        for i in range(WAITING + 3):
            body = {"data": ["faces-toy", 2, i, "held"], "fn_index": at, "session_hash": f"s{i}"}
            assert http.post("/queue/join", json=body).status_code == 200
        with http.stream("GET", "/queue/data", params={"session_hash": f"s{WAITING + 2}"}) as stream:
            said = next(line for line in stream.iter_lines() if "process_completed" in line)
        assert "of your jobs wait already" in said and '"success":false' in said
        Squares.gate.set()
        assert jobs[0].result(timeout=60)


def test_a_lost_client_frees_its_slot(url: str, client: Client, held: None) -> None:
    lost = threading.Event()

    def leave() -> None:
        """Join the queue, read until the job runs, then drop the connection without a word."""
        body = json.dumps({"data": ["faces-toy", 2, 0, "held"], "session_hash": "lost1", "fn_index": _index(url)})
        headers = {"content-type": "application/json"}
        urllib.request.urlopen(urllib.request.Request(url + "gradio_api/queue/join", body.encode(), headers)).read()
        stream = urllib.request.urlopen(url + "gradio_api/queue/data?session_hash=lost1", timeout=60)
        for line in stream:
            if b"process_starts" in line:
                break
        assert Squares.begun.wait(60)
        stream.close()
        lost.set()

    threading.Thread(target=leave).start()
    assert lost.wait(60)
    job = client.submit(count=1, api_name="/faces")
    assert job.result(timeout=60), "the slot is still held"
    for _ in range(600):  # a job that passes a long one may end before the server has noticed that the client left
        if "held" in Squares.closed:
            break
        time.sleep(0.1)
    assert sorted(Squares.closed) == sorted(["held", job.result()[-1]["parameters"]["prompt"]])


def _index(url: str) -> int:
    config = json.loads(urllib.request.urlopen(url + "config").read())
    return next(d["id"] for d in config["dependencies"] if d["api_name"] == "faces")


def test_two_visitors_do_not_see_each_other(url: str) -> None:
    one, two = Client(url, verbose=False), Client(url, verbose=False)
    jobs = [c.submit(count=3, seed=s, api_name="/faces") for c, s in ((one, 11), (two, 22))]
    assert [job.result(timeout=60)[-1]["seed"] for job in jobs] == [11, 22]


FINITE = st.floats(allow_nan=False, allow_infinity=False)  # the client sends no others, as JSON has none
anything = st.one_of(
    st.none(), st.booleans(), st.integers(), FINITE, st.text(max_size=30), st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2), st.just("x" * 30_000),
)  # fmt: skip


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(name=st.sampled_from(["model", "count", "seed", "prompt"]), value=anything)
def test_rubbish_is_answered_without_a_traceback(client: Client, name: str, value: Any) -> None:
    job = client.submit(**{"count": 1, name: value}, api_name="/faces")
    error = job.exception(timeout=120)
    if error is None:
        assert job.result()[-1]["task"] == "faces"
    else:
        assert isinstance(error, AppError), error
        assert str(error).strip()
        assert "Traceback" not in str(error)
        assert 'File "' not in str(error)


def test_the_server_lives_after_all_that(client: Client) -> None:
    assert ask(client, seed=1)[-1]["seed"] == 1


@pytest.mark.parametrize("path", ["app.py", "README.md", "aigc_core/recipe.py", "/etc/passwd", "../../etc/passwd"])
def test_only_the_outputs_are_served(url: str, path: str) -> None:
    full = path if path.startswith("/") else str(Path(__file__).resolve().parents[2] / path)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{url}gradio_api/file={full}")
    assert caught.value.code in (403, 404)


def test_old_outputs_are_deleted(outputs: Path, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setattr(folders, "TIDY_S", 0)
    own = outputs / "aigc-studio"
    old = own / "runs" / ("0" * 32)
    foreign = [outputs / "faces-old", own / "faces-old", own / "runs" / "mine"]
    for folder in (old, *foreign):
        folder.mkdir()
        (folder / "a.png").write_bytes(b"x")
        os.utime(folder, (1, 1))
    ask(client)
    assert not old.exists()
    assert all((folder / "a.png").exists() for folder in foreign), "only names of our own are deleted"


def test_public_visitors_are_limited_by_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stands_still = SimpleNamespace(monotonic=lambda: 1000.0, time=studio.time.time)
    monkeypatch.setattr(studio, "time", stands_still)  # else the bucket refills while a slow machine answers
    with served(tmp_path, "--public") as address:
        visitor = Client(address, verbose=False)
        errors = [visitor.submit(count=1, api_name="/faces").exception(timeout=120) for _ in range(12)]
        assert [error is None for error in errors] == [True] * 10 + [False] * 2
        assert all("Too many requests" in str(error) for error in errors[10:])


def test_sharing_turns_the_limits_on() -> None:
    from demos.ui import page

    assert page.parser().parse_args([]).share is False
    args = page.parser().parse_args(["--share"])
    _, options = page.make([], args)
    assert options["share"] is True
    assert options["enable_monitoring"] is False


def bomb(file: Path, side: int = 12_000) -> Path:
    """A PNG of a few kilobytes that decodes to hundreds of megabytes."""
    Image.new("1", (side, side)).save(file, pnginfo=PngImagePlugin.PngInfo())
    return file


def test_a_picture_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    import resource

    from aigc_core.errors import InvalidRequestError
    from aigc_core.media import image

    file = bomb(tmp_path / "bomb.png")
    assert file.stat().st_size < 100_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InvalidRequestError, match=r"16 megapixels; got 12000×12000"):
        image.read(file)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kB
