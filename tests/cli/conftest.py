"""A registry of one toy, for tests of the command line."""

from __future__ import annotations

import pytest
from toys import row

from aigc_core import registry


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_table", lambda: {"faces-toy": row("faces-toy")})
