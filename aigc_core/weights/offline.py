"""Offline mode: are downloads allowed?"""

from __future__ import annotations

import os

from aigc_core.errors import OfflineError


def is_offline() -> bool:
    """True if ``--offline`` or ``HF_HUB_OFFLINE`` forbids downloads."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")


def refuse_offline(what: str, size: int) -> None:
    """Raise if downloads are ruled out.

    Args:
        size: Bytes that would be downloaded.

    Raises:
        OfflineError: they are.
    """
    if is_offline():
        raise OfflineError(
            f"{what} ({size / 1e6:.0f} MB) is not in the cache and the app runs offline. "
            "Fetch it once with a network: python -m aigc_core.weights fetch NAME.",
            f"{what}（{size / 1e6:.0f} MB）不在缓存中，而当前为离线模式。"
            "请先联网执行 python -m aigc_core.weights fetch 名称。",
        )
