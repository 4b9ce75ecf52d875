"""Shared fixtures. Tests are named after what they hold true; see the markers in pyproject.toml."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import settings

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

from aigc_core import registry, runtime, weights
from aigc_core.engine import Engine
from aigc_core.errors import AigcError

settings.register_profile("desk", deadline=None)  # a busy machine is no failure
settings.register_profile("ci", deadline=None, derandomize=True)  # what lands is judged by the same examples
settings.load_profile("ci" if os.environ.get("CI") else "desk")

THREADS = torch.get_num_threads()
CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--use-gl=swiftshader",
    "--enable-unsafe-swiftshader", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Workers (``-n``) share the cores: each, and whatever its tests start, computes with as many threads as it has cores.

    Ctrl-C is heard: a program started in the background (``.ci/run &``) ignores it, and so would all that its tests start.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if workers := config.getoption("numprocesses", None):
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, runtime.threads() // workers)))


@pytest.fixture(autouse=True)
def threads_of_torch() -> Iterator[None]:
    """A command told to keep to one thread sets that for its process, in a fixture or a test: the rest has torch's own number.

    With another number of threads sums are added up in another order, and the last bits of outputs differ.
    """
    torch.set_num_threads(THREADS)
    yield
    torch.set_num_threads(THREADS)


@pytest.fixture(scope="session")
def real_weights() -> Callable[[str], list[Path]]:
    """``real_weights("name")`` brings a row's real weights into the cache, or fails with the command that would."""

    def ensure(name: str) -> list[Path]:
        fetching = weights.ensure(registry.find(name).source)
        try:
            while True:
                next(fetching)
        except StopIteration as done:
            folders: list[Path] = done.value
            return folders
        except AigcError as error:
            pytest.fail(f"{error}\nTo get them: python -m aigc_core.weights fetch {name}")

    return ensure


@pytest.fixture(scope="session")
def engine() -> Engine:
    """One engine for the whole session, so that each model is loaded once."""
    return Engine(max_loaded=2)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Debian's chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.fail("Browser tests need chromium: apt-get install chromium fonts-noto-cjk")
    return path


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """A headless browser shared by the session; make a context per test."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)  # a slow machine is given time; what holds at once costs none
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield running
        running.close()


@pytest.fixture(autouse=True)
def pages_without_errors(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """No script of a page may throw, nor complain in the console, in whatever a browser test does.

    A test that provokes complaints takes them from the list.
    """
    thrown: list[str] = []
    if "browser" not in request.fixturenames:
        yield thrown
        return
    running = request.getfixturevalue("browser")

    def watch(context: Any) -> Any:
        context.on("weberror", lambda caught: thrown.append(str(caught.error)))
        context.on("console", lambda said: thrown.append(said.text) if is_complaint(said) else None)
        return context

    makers = {name: getattr(running, name) for name in ("new_context", "new_page")}
    running.new_context = lambda **options: watch(makers["new_context"](**options))
    running.new_page = lambda **options: running.new_context(**options).new_page()
    try:
        yield thrown
    finally:
        for name in makers:
            delattr(running, name)
    assert not thrown, thrown


def is_complaint(said: Any) -> bool:
    """True for an error that a script of ours wrote into the console; those stand in the page itself."""
    source = str(said.location.get("url", ""))
    return said.type == "error" and "/assets/" not in source and "Failed to load resource" not in said.text
