"""No test or fixture leaves another number of threads behind than it found."""

import os

import pytest
import torch

from aigc_core import runtime

THREADS = torch.get_num_threads()
"""Of a process that has run no test yet."""


@pytest.fixture(scope="module")
def trained() -> None:
    torch.set_num_threads(THREADS + 1)


def test_a_test_has_its_threads_whatever_a_shared_fixture_set(trained: None) -> None:
    assert torch.get_num_threads() == THREADS
    torch.set_num_threads(THREADS + 2)


def test_so_has_the_next_one() -> None:
    assert torch.get_num_threads() == THREADS


def test_workers_share_the_cores() -> None:
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    assert THREADS * workers <= max(runtime.threads(), workers)
