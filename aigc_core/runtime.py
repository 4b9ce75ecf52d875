"""The machine: device, threads, random numbers per sample, and the enforcement of ``--offline``."""

from __future__ import annotations

import importlib
import importlib.util
import ipaddress
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING, Any

from aigc_core.errors import MissingDependencyError, OfflineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import torch

_import_lock = Lock()
_own: set[str] = set()


def device() -> torch.device:
    """The accelerator if there is one, else the CPU."""
    import torch

    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def threads() -> int:
    """Threads for one model job: the cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def generator(seed: int) -> torch.Generator:
    """A CPU generator for one sample; draw on it, then move, so that a sample depends on its seed alone."""
    import torch

    return torch.Generator("cpu").manual_seed(seed)


def noise(seeds: list[int] | tuple[int, ...], shape: tuple[int, ...]) -> torch.Tensor:
    """Standard normal noise, row i from its own generator seeded ``seeds[i]``; float32, (len(seeds), *shape)."""
    import torch

    return torch.stack([torch.randn(shape, generator=generator(seed)) for seed in seeds])


def torchaudio() -> Any:
    """The torchaudio package, with its native extension stubbed where that cannot load.

    torchaudio's wheel on PyPI links against CUDA; beside a CPU torch its import fails half-way and then breaks
    transformers' imports too. Its transforms are plain torch and need no extension. Call this before importing
    anything that might import torchaudio by itself.

    Raises:
        MissingDependencyError: torchaudio is not installed.
    """
    with _import_lock:
        if "torchaudio" not in sys.modules:
            found = importlib.util.find_spec("torchaudio")
            if found is None or found.origin is None:
                raise MissingDependencyError(
                    "Mel spectrograms need the Python package torchaudio: pip install -r requirements.txt",
                    "绘制梅尔频谱需要 Python 包 torchaudio：pip install -r requirements.txt",
                )
            if not _extension_loads(Path(found.origin).parent):
                sys.modules["torchaudio._extension"] = _extension_stub()
        return importlib.import_module("torchaudio")


def _extension_loads(package: Path) -> bool:
    import torch

    try:
        for library in sorted(package.glob("lib/_torchaudio*")):
            torch.ops.load_library(str(library))  # type: ignore[no-untyped-call]
    except OSError:
        return False
    return True


def _extension_stub() -> ModuleType:
    def unavailable(name: str) -> bool:
        raise RuntimeError(f"torchaudio's native library {name} does not load beside this torch")

    stub = ModuleType("torchaudio._extension", "Stands in for torchaudio's native extension.")
    stub.__path__ = []
    vars(stub).update(
        _IS_TORCHAUDIO_EXT_AVAILABLE=False,
        _IS_ALIGN_AVAILABLE=False,
        _load_lib=unavailable,
        _check_cuda_version=lambda: None,
        fail_if_no_align=lambda function: function,
    )
    return stub


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Silence the progress bars and advice that transformers and diffusers print while loading."""
    from transformers.utils import logging

    level = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)


def onnx_session(model: str | bytes) -> Any:
    """An ONNX Runtime CPU session of a file or its content, with as many threads as cores, logging errors only."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads()
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads leave the cores to others
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def go_offline(own: Iterable[str] = ()) -> None:
    """Forbid every connection of this process to another machine, for good. Call it before huggingface_hub is imported.

    Python's audit hooks see each connect, send and name lookup before it happens and cannot be removed, so no Python
    library slips past; the hub client's native downloader never starts under ``HF_HUB_OFFLINE``. Loopback stays open.

    Args:
        own: Further addresses of this machine that may be connected to.
    """
    _own.update(own)
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", GRADIO_ANALYTICS_ENABLED="False")
    sys.addaudithook(_forbid_remote)


def _forbid_remote(event: str, args: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        host = args[1][0] if isinstance(args[1], tuple) else ""  # a local socket's address is a path
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = args[0]
    else:
        return
    name = host.decode("ascii", "replace") if isinstance(host, (bytes, bytearray)) else host
    if isinstance(name, str) and not _is_this_machine(name):
        raise OfflineError(
            f"A connection to {name} was refused because the app runs with --offline.",
            f"当前为离线模式（--offline），已拒绝连接 {name}。",
        )


def _is_this_machine(host: str) -> bool:
    if host in ("", "localhost") or host in _own:
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)
