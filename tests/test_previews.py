"""Previews are made for who looks at them: at most once, and before an event leaves the process."""

from __future__ import annotations

import pickle

import pytest

from aigc_core import registry
from aigc_core.tasks.faces import FacesRequest, NearestFacesRequest
from aigc_core.types import Progress


def test_a_preview_is_made_when_it_is_read_and_once() -> None:
    made: list[int] = []

    def preview() -> str:
        made.append(1)
        return "seen"

    event = Progress(step=1, preview=preview)
    assert not made
    assert (event.preview, event.preview, len(made)) == ("seen", "seen", 1)
    assert Progress(step=1).preview is None and Progress(step=1, preview="as it is").preview == "as it is"


def test_an_event_for_another_process_carries_the_preview_itself() -> None:
    sent = pickle.loads(pickle.dumps(Progress(step=3, total=4, preview=lambda: "seen", message="σ 1")))
    assert (sent.step, sent.total, sent.preview, sent.message) == (3, 4, "seen", "σ 1")


@pytest.mark.parametrize("kind", [FacesRequest, pytest.param(NearestFacesRequest, marks=pytest.mark.weights)])
def test_diffusion_decodes_nothing_for_previews_that_nobody_reads(kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = registry.load("faces-diffusion-128")
    decode, rows = pipeline.codec.decode, []  # type: ignore[attr-defined]
    monkeypatch.setattr(pipeline.codec, "decode", lambda x, shift=None: rows.append(len(x)) or decode(x, shift))  # type: ignore[attr-defined, func-returns-value]
    *steps, last = pipeline.stream(kind(model="faces-diffusion-128", count=2, seed=3))
    assert sum(rows) == 2 == len(last.output.images)
    assert steps[0].preview is not None and sum(rows) == 4
