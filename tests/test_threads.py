"""No test or fixture leaves another number of threads behind than it found."""

import pytest
import torch

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
