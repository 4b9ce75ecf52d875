"""The flags that say where jobs run: in this process, or in the workers of a Ray cluster."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from aigc_core.backends import choice
from aigc_core.backends.protocol import Backend

VARIABLE = "AIGC_BACKEND"


def add_flags(flags: argparse.ArgumentParser) -> None:
    """Add the flags to those of the app."""
    flags.add_argument(
        "--backend",
        type=_name,
        default=os.environ.get(VARIABLE) or "local",
        metavar="|".join(choice.NAMES),
        help=f"where jobs run: in this process, or in workers of Ray Serve, see docs/SCALE.md (${VARIABLE}; default local)",
    )
    flags.add_argument(
        "--ray-address",
        default="",
        metavar="HOST:PORT",
        help="head of the Ray cluster that this machine is part of; auto finds it (default: start one here)",
    )
    flags.add_argument("--ray-config", type=Path, metavar="FILE", help="settings of the workers (TOML)")


def _name(text: str) -> choice.Name:
    for name in choice.NAMES:
        if text == name:
            return name
    raise argparse.ArgumentTypeError(f"must be one of {', '.join(choice.NAMES)}; got {text[:40]!r}")


def make(args: argparse.Namespace, *, deadline_s: float | None, offered: frozenset[str] | None) -> Backend:
    """The backend that the flags ask for.

    Raises:
        AigcError: see :func:`aigc_core.backends.choice.make`.
    """
    return choice.make(
        args.backend,
        deadline_s=deadline_s,
        offered=offered,
        offline=args.offline,
        ray_address=args.ray_address,
        ray_config=args.ray_config,
    )
