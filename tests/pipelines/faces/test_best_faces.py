"""Drawing more faces than are shown: the ranking, the rejects, and that a chosen face is the face of its seed."""

from __future__ import annotations

import pytest

from aigc_core import export
from aigc_core.engine import Engine, drain
from aigc_core.errors import InvalidRequestError
from aigc_core.pipelines.faces.best import ranked
from aigc_core.tasks.faces import FaceScore, FacesRequest
from aigc_core.types import Progress
from demos.faces.grid import rejects


def score(detector: float, distance: float) -> FaceScore:
    return FaceScore(detector=detector, distance=distance)


def test_both_measures_rank_a_face_and_a_copy_comes_last() -> None:
    good, fair, odd, copied = score(0.9, 9.0), score(0.8, 10.0), score(0.2, 14.0), score(0.95, 1.0)
    assert ranked([odd, copied, good, fair], copied=5.0) == [2, 3, 0, 1]
    assert ranked([good, good], copied=5.0) == [0, 1], "equal faces stay in the order of their seeds"


@pytest.mark.weights
def test_the_best_are_shown_the_others_kept_and_each_is_the_face_of_its_seed() -> None:
    request = FacesRequest(model="faces-gan-128", count=4, seed=30, candidates=19)
    *steps, last = (event for event in Engine().run(request) if not isinstance(event, Progress) or event.stage == "run")
    made = last.output
    assert (len(made.images), len(made.rejects), len(made.scores)) == (4, 15, 19)
    assert sorted(made.seeds + made.reject_seeds) == list(range(30, 49))
    assert [event.step for event in steps] == list(range(1, 21))
    alone = drain(Engine().run(FacesRequest(model="faces-gan-128", count=1, seed=made.seeds[0]))).output.images[0]
    assert alone.tobytes() == made.images[0].tobytes()
    again = drain(Engine().run(request)).output
    assert (again.seeds, again.scores) == (made.seeds, made.scores)
    page = rejects(made)
    assert "15" in page and all(str(seed) in page for seed in made.reject_seeds)


def test_without_a_choice_there_is_nothing_to_look_at() -> None:
    result = drain(Engine().run(FacesRequest(model="faces-gan-128", count=2, seed=30, candidates=2)))
    assert result.output.seeds == (30, 31) and not result.output.rejects and rejects(result.output) == ""


def test_rows_without_a_choice_refuse_it() -> None:
    with pytest.raises(InvalidRequestError, match="candidates"):
        next(Engine().run(FacesRequest(model="faces-dcgan-64", candidates=32)))


def test_all_files_that_a_choice_may_write_are_known_beforehand() -> None:
    names = export.endings(FacesRequest(count=2, seed=5, candidates=3))
    assert {"-rejects.png", "-00-seed7.png", "-01-seed5.png"} <= set(names) and len(names) == 2 + 2 * 3
