"""Shared options of the trainings' command lines."""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from aigc_core.errors import AigcError
from aigc_core.training import distributed, images
from aigc_core.types import Events

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    C = TypeVar("C", bound=DataclassInstance)
else:
    C = TypeVar("C")

log = logging.getLogger(__name__)


def add_fields(parser: argparse.ArgumentParser, config: type, kind: type[int] | type[float], *names: str) -> None:
    """An option ``--some-name`` for each field ``some_name`` of a config dataclass, with the field's default."""
    for name in names:
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, default=getattr(config, name))


def add_machine(parser: argparse.ArgumentParser) -> None:
    """``--seed``, ``--threads`` and ``--device``."""
    add_seed_and_threads(parser)
    parser.add_argument("--device", default="cpu")


def add_seed_and_threads(parser: argparse.ArgumentParser) -> None:
    """``--seed`` and ``--threads``."""
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, help="all cores when not given; 1 is faster beside other jobs")


def add_minutes(parser: argparse.ArgumentParser) -> None:
    """``--minutes``."""
    parser.add_argument("--minutes", type=float, help="save and stop after so long; the same command goes on")


def add_compile(parser: argparse.ArgumentParser) -> None:
    """``--compile``."""
    text = "torch.compile the network: a minute at first, then faster"
    parser.add_argument("--compile", action="store_true", help=text)


def start(threads: int | None) -> None:
    """Log to standard error, of several processes the first one alone, and keep to a number of threads."""
    level = logging.INFO if distributed.rank() == 0 else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(message)s")
    if threads:
        torch.set_num_threads(threads)


def train_as_asked(
    parser: argparse.ArgumentParser,
    argv: Sequence[str] | None,
    configure: Callable[[dict[str, Any]], C],
    train: Callable[[C], Events],
) -> None:
    """Parse the options, train to the end; what is wrong with an option is said as argparse says it.

    Args:
        configure: Makes the config of the options' values, ``threads`` taken out.
    """
    args = vars(parser.parse_args(argv))
    start(args.pop("threads"))
    device = args.get("device", "cpu")
    images.faster(device)
    try:
        distributed.join(device)  # before anything lies on a device
        config = configure(args)
        log.info("%s", json.dumps(asdict(config), default=str))
        for _ in train(config):
            pass
    except (AigcError, ValueError) as error:
        parser.error(str(error))
