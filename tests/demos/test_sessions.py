"""A new session costs little: no copy of every component's settings is made for it, and its own values are still its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from gradio.blocks import BlocksConfig
from gradio.state_holder import StateHolder
from gradio_client import Client
from toy_app import served

from demos.ui import page
from demos.ui.studio import Studio


def test_a_new_session_writes_no_component_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    demo: Any = page.build(Studio(outputs=tmp_path), ["home", "jobs"])
    holder, written = StateHolder(), []
    holder.set_blocks(demo)
    assert demo.state_holder is holder and len(demo.blocks) > 20
    config = BlocksConfig.config_for_block
    monkeypatch.setattr(
        BlocksConfig, "config_for_block", staticmethod(lambda *given: (written.append(given[0]), config(*given))[1])
    )
    one, other = holder["one"], holder["other"]
    assert written == [] and one is not other and one is holder["one"]
    assert all(number in one for number, block in demo.blocks.items() if not block.stateful)
    number = next(number for number, block in demo.blocks.items() if not block.stateful)
    one[number] = changed = type(demo.blocks[number])()
    assert one[number] is changed and other[number] is demo.blocks[number] and written == [number]


def test_many_programs_without_a_session_of_their_own_are_answered(tmp_path: Path) -> None:
    with served(tmp_path) as url:
        for seed in range(5):
            made = Client(url, verbose=False).predict(count=1, seed=seed, api_name="/faces")
            assert made[-1]["seed"] == seed
