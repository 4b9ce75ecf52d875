"""Where the app keeps what it makes when it is told no other place."""

from __future__ import annotations

import os
import sys
from pathlib import Path

NAME = "aigc-studio"
"""The app's folder inside of that place."""


def data_home() -> Path:
    """The folder in which programs keep a user's data: ``$XDG_DATA_HOME``, else what the system has for it."""
    if chosen := os.environ.get("XDG_DATA_HOME"):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path.home() / ".local" / "share"
