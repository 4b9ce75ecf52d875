"""Causal language models into memory: GGUF converted once, one copy for all tasks that use the same files."""

from __future__ import annotations

import hashlib
import json
import queue
import threading
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from weakref import WeakValueDictionary

from safetensors import SafetensorError
from safetensors.torch import load_file

from aigc_core import runtime, weights
from aigc_core.errors import CheckpointError
from aigc_core.models.llama import Llama, LlamaConfig
from aigc_core.pipelines.text.causal_lm import CausalLM
from aigc_core.types import ModelSpec, Progress

runtime.torchaudio()  # transformers imports it, and beside a CPU torch it needs our stub
from transformers import AutoTokenizer  # noqa: E402

HEARTBEAT_S = 0.25
_loaded: WeakValueDictionary[tuple[str, int], CausalLM] = WeakValueDictionary()
_lock = threading.Lock()


def load(spec: ModelSpec, folders: list[Path]) -> Generator[Progress, None, CausalLM]:
    """``lm = yield from load(spec, folders)``: the row's model, shared with every other row that uses the same files.

    ``spec.settings``: ``gguf`` (file name, for weights that come in that format), ``window`` (a limit below the model's).

    Raises:
        CheckpointError: a file is missing or does not fit.
    """
    outcome: queue.Queue[CausalLM | BaseException] = queue.Queue()

    def work() -> None:
        try:
            outcome.put(_load(spec, folders))
        except BaseException as error:
            outcome.put(error)

    threading.Thread(target=work, name="load", daemon=True).start()
    while True:
        try:
            answer = outcome.get(timeout=HEARTBEAT_S)
            break
        except queue.Empty:
            yield Progress(step=0, total=None, stage="load", message=spec.name)
    if isinstance(answer, BaseException):
        raise answer
    return answer


class Lazy:
    """A model that is loaded at its first use, with events while that lasts (a first conversion takes half a minute)."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self._spec, self._folders = spec, folders
        self._lm: CausalLM | None = None

    def get(self) -> Generator[Progress, None, CausalLM]:
        """``lm = yield from lazy.get()``."""
        if self._lm is None:
            self._lm = yield from load(self._spec, self._folders)
        return self._lm


def _load(spec: ModelSpec, folders: list[Path]) -> CausalLM:
    window = int(spec.settings.get("window", 2**31))
    with _lock:
        folder = _readable(spec, folders[0])
        key = (str(folder.resolve()), window)
        if (shared := _loaded.get(key)) is not None:
            return shared
        try:
            with runtime.quiet_transformers():
                tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
            network, ends, never = _network(folder, window)
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
            raise CheckpointError(
                f"{folder.name} could not be loaded as a causal language model: {reason}",
                f"{folder.name} 无法作为因果语言模型加载：{reason}",
            ) from error
        _loaded[key] = lm = CausalLM(network, tokenizer, ends, never)
        return lm


def _network(folder: Path, window: int) -> tuple[Llama, set[int], list[int]]:
    """The network on this machine's device, the tokens that end a text, and those that are never drawn."""
    settings = json.loads((folder / "config.json").read_text("utf-8"))
    config = LlamaConfig.from_json(settings)
    config = replace(config, max_position_embeddings=min(window, config.max_position_embeddings))
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise ValueError("no .safetensors file")
    tensors = {name: tensor for file in files for name, tensor in load_file(file).items()}
    generation = folder / "generation_config.json"
    if generation.exists():
        settings = {**settings, **json.loads(generation.read_text("utf-8"))}
    ends = settings.get("eos_token_id")
    network = Llama(config, tensors, runtime.device())
    return network, set(ends if isinstance(ends, list) else [ends]) - {None}, settings.get("suppress_tokens") or []


# --- GGUF -----------------------------------------------------------------------------------------------------------


def _readable(spec: ModelSpec, folder: Path) -> Path:
    """The folder in transformers' own layout; a GGUF file is converted the first time and kept in the cache."""
    name = spec.settings.get("gguf")
    if name is None or (folder / "config.json").exists():
        return folder
    file = next(iter(sorted(folder.rglob(str(name)))), None)
    if file is None:
        raise CheckpointError(
            f"{spec.name} lacks {name}. Fetch it again: python -m aigc_core.weights remove {spec.name}, then fetch.",
            f"{spec.name} 缺少文件 {name}，请先 remove 再 fetch 重新下载。",
        )
    key = hashlib.sha256(f"{weights.sha256(spec.source)} {name}".encode()).hexdigest()[:12]
    return weights.cached_build(f"{file.stem.lower()}-{key}", lambda into: convert_gguf(file, into))


def convert_gguf(file: Path, into: Path) -> None:
    """Write a GGUF file's network (float16 safetensors) and tokenizer as transformers' files."""
    from transformers import AutoModelForCausalLM, GgufConfig

    with runtime.quiet_transformers():
        tokenizer = AutoTokenizer.from_pretrained(str(file.parent), gguf_file=file.name)
        network = AutoModelForCausalLM.from_pretrained(
            str(file.parent), gguf_file=file.name, quantization_config=GgufConfig(dequantize=True)
        )
        network.half().save_pretrained(str(into))
        tokenizer.save_pretrained(str(into))
