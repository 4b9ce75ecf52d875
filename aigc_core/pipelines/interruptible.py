"""Run one long call of a network as a generator that yields at intervals and can be stopped at the next layer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import Any, TypeVar

import torch
from torch import nn

HEARTBEAT_S = 0.2
T = TypeVar("T")


class _Stopped(BaseException):
    """Raised in the worker to end the call; never leaves its thread."""


def call(network: nn.Module, fn: Callable[[], T]) -> Generator[None, None, T]:
    """``value = yield from call(network, fn)``: run ``fn``, which calls ``network``, in inference mode.

    Yields every ``HEARTBEAT_S`` seconds while it runs. Closing the generator makes the network's next layer raise, and
    waits for that. A thread of its own, because a forward pass cannot yield; hooks, because it cannot be told to stop.
    """
    stopping = threading.Event()
    outcome: list[T] = []
    failure: list[BaseException] = []

    def check(*_: Any) -> None:
        if stopping.is_set() and threading.current_thread() is thread:
            raise _Stopped

    @torch.inference_mode()  # a new thread does not inherit it
    def work() -> None:
        try:
            outcome.append(fn())
        except _Stopped:
            pass
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=work, name="forward", daemon=True)
    hooks = [m.register_forward_pre_hook(check) for m in network.modules() if not any(m.children())]
    try:
        thread.start()
        while thread.is_alive():
            thread.join(HEARTBEAT_S)
            if thread.is_alive():
                yield
    finally:
        stopping.set()
        thread.join()
        for hook in hooks:
            hook.remove()
    if failure:
        raise failure[0]
    return outcome[0]
