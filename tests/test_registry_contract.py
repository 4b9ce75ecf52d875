"""Every registry row runs, small, through the engine, and does what it says; see :mod:`contract` and :mod:`subject`."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import contract
import pytest
from contract import TRIALS, Trial
from subject import Subject, fingerprint, shows_work

from aigc_core import registry, tasks, weights
from aigc_core.engine import Engine
from aigc_core.errors import InvalidRequestError, UnknownModelError
from aigc_core.tasks.request import Request
from aigc_core.types import Hub, ModelSpec, Package, Progress, Result, Shipped

ROWS = registry.list_models()
SETTLE_S = 0.05
"""Time in which work that goes on would show."""
LEFT = 0.97
"""Largest share of a run's work that may be done when the first step is reported."""

MISSING = (
    "tests/support/contract.py: TRIALS has no entry for {name}, so nothing runs it. Add one with a quick request for each of "
    "{kinds}, and with `build` where the weights are not in this repository."
)


def kinds(spec: ModelSpec) -> tuple[str, ...]:
    """Of the requests that a row answers, its task's own first."""
    return (spec.task, *spec.answers)


def cases() -> Iterator[Any]:
    """Each kind of request of each row that has a trial."""
    for spec in ROWS:
        trial = TRIALS.get(spec.name, Trial(ask={}))
        for kind in kinds(spec) if spec.name in TRIALS else ():
            marks = [pytest.mark.weights] if kind in trial.fetched else []
            yield pytest.param(spec.name, kind, id=f"{spec.name}-{kind}", marks=marks)


each_kind = pytest.mark.parametrize(("subject", "kind"), list(cases()), indirect=["subject"], scope="module")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Trial], Path]:
    """The folder with a trial's weights; trials that build alike share one."""
    made: dict[Any, Path] = {}

    def folder(trial: Trial) -> Path:
        assert trial.build is not None
        if trial.build not in made:
            made[trial.build] = tmp_path_factory.mktemp("weights")
            trial.build(made[trial.build])
        return made[trial.build]

    return folder


@pytest.fixture(scope="module")
def subject(request: pytest.FixtureRequest, folders: Callable[[Trial], Path]) -> Iterator[Subject]:
    """The small row of a name, listed in the place of the real one."""
    trial = TRIALS[request.param]
    made = Subject(registry.find(request.param), trial, lambda: folders(trial))
    with made.listed():
        yield made


# --- the contract -----------------------------------------------------------------------------------------------------


def test_every_row_has_a_trial() -> None:
    missing = [MISSING.format(name=s.name, kinds=", ".join(kinds(s))) for s in ROWS if s.name not in TRIALS]
    assert not missing, "\n".join(missing)
    assert TRIALS.keys() <= {spec.name for spec in ROWS}, "a trial of no row"
    for spec in ROWS:
        assert TRIALS[spec.name].ask.keys() == set(kinds(spec)), f"{spec.name}: a request for each kind, and no other"


@each_kind
def test_progress_then_one_result_that_the_seed_decides(subject: Subject, kind: str) -> None:
    request = subject.request(kind)
    *steps, last = subject.stream(request)
    assert steps and all(isinstance(event, Progress) for event in steps)
    assert any(event.stage == "run" for event in steps), "no step is reported"
    assert isinstance(last, Result)
    assert last.recipe["model"] == subject.spec.name and last.recipe["task"] == subject.spec.task
    assert fingerprint(subject.first(kind).output) == fingerprint(last.output), "the same seed gives another output"
    same = fingerprint(subject.result(subject.request(kind, seed=6)).output) == fingerprint(last.output)
    assert same == (kind in subject.trial.deterministic), "the seed changes nothing" if same else "the seed decides"


@each_kind
def test_closing_early_stops_the_work(subject: Subject, kind: str) -> None:
    subject.first(kind)
    with subject.watched() as whole:
        subject.result(subject.request(kind))
    threads = set(threading.enumerate())
    with subject.watched() as early:
        events = subject.stream(subject.request(kind))
        assert isinstance(next(event for event in events if shows_work(event)), Progress)
        events.close()
        calls = early.calls
        time.sleep(SETTLE_S)
    assert early.closed, "a generator within it is left open"
    assert early.calls == calls and set(threading.enumerate()) <= threads, "a thread works on"
    assert kind in subject.trial.at_once or calls < LEFT * whole.calls, (
        "no step is reported while there is work to stop"
    )


@each_kind
def test_every_field_it_honours_changes_the_output(subject: Subject, kind: str) -> None:
    names = honoured(type(subject.request(kind)), subject.spec)
    idle = idle_fields(subject, kind, [name for name in names if name not in subject.trial.fetching])
    assert not idle, f"{subject.spec.name} passes over {idle}"


@pytest.mark.weights
@pytest.mark.parametrize(
    ("subject", "name"),
    [(row, name) for row, trial in TRIALS.items() for name in trial.fetching],
    indirect=["subject"],
    scope="module",
)
def test_every_field_that_fetches_changes_the_output(subject: Subject, name: str) -> None:
    assert name in honoured(type(subject.request(subject.spec.task)), subject.spec)
    assert not idle_fields(subject, subject.spec.task, [name])


def idle_fields(subject: Subject, kind: str, names: list[str]) -> list[str]:
    """Those of the fields that leave the output as it is."""
    request = subject.request(kind)
    first = subject.first(kind)
    known = {(): first}
    idle = []
    for name in names:
        beside, value = contract.other(request, name, subject.spec, subject.trial, first.output)
        key = tuple(sorted(beside.items()))
        if key not in known:
            known[key] = subject.result(subject.request(kind, **beside))
        changed = subject.result(subject.request(kind, **{**beside, name: value}))
        if name in subject.trial.facts:
            assert fingerprint(changed.output) == fingerprint(known[key].output), name
            alike = changed.info == known[key].info
        else:
            alike = fingerprint(changed.output) == fingerprint(known[key].output)
        if alike:
            idle.append(f"{name}={value!r:.60}")
    return idle


def honoured(cls: type[Request], spec: ModelSpec) -> list[str]:
    names = [f.name for f in fields(cls) if f.name not in ("model", "seed")]
    return [name for name in names if registry.accepts(spec, name, cls)]


@each_kind
def test_every_field_it_does_not_honour_is_refused(subject: Subject, kind: str) -> None:
    cls = type(subject.request(kind))
    for name in cls.varies:
        if name in subject.spec.accepts:
            continue
        beside, value = contract.other(
            subject.request(kind), name, subject.spec, subject.trial, subject.first(kind).output
        )
        beside = {field: value for field, value in beside.items() if registry.accepts(subject.spec, field, cls)}
        with pytest.raises(InvalidRequestError, match=rf"does not support {name}\b") as caught:
            next(subject.stream(subject.request(kind, **{**beside, name: value})))
        able = [row.name for row in registry.answering(cls) if name in row.accepts]
        assert all(row in str(caught.value) and row in caught.value.zh for row in able)


@pytest.mark.parametrize("spec", ROWS, ids=lambda spec: spec.name)
def test_every_kind_it_does_not_answer_is_refused(spec: ModelSpec) -> None:
    for cls in (*tasks.REQUESTS, *tasks.SIDE_REQUESTS):
        if cls.task == spec.task and cls.kind not in kinds(spec):
            fields_of = next(trial.ask[cls.kind] for trial in TRIALS.values() if cls.kind in trial.ask)
            with pytest.raises(
                InvalidRequestError, match=f"does not support requests of the kind {cls.kind}"
            ) as caught:
                next(Engine().run(cls(**{**fields_of, "model": spec.name})))
            assert all(row.name in str(caught.value) for row in registry.answering(cls))


# --- what a row says --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", ROWS, ids=lambda spec: spec.name)
def test_a_row_says_everything_a_tab_shows(spec: ModelSpec) -> None:
    assert re.fullmatch(r"[a-z0-9.]+(-[a-z0-9.]+)*", spec.name)
    for text in (spec.title, spec.license, spec.summary, spec.summary_zh):
        assert text.strip()
    assert re.search(r"[\u4e00-\u9fff]", spec.summary_zh), "summary_zh is not Chinese"
    assert spec.task in {cls.task for cls in tasks.REQUESTS}
    if not isinstance(spec.source, Shipped):
        assert spec.url.startswith("https://"), "no home is named"
    fields = {f for cls in tasks.REQUESTS if cls.task == spec.task for f in cls.__dataclass_fields__}
    assert set(spec.options) <= fields


@pytest.mark.parametrize("spec", ROWS, ids=lambda spec: spec.name)
def test_a_row_names_weights_that_cannot_change(spec: ModelSpec) -> None:
    if isinstance(spec.source, Hub):
        assert re.fullmatch(r"[0-9a-f]{40}", spec.source.revision), "a hub row names a commit"
        assert spec.source.size > 1_000_000
        assert not any(pattern.endswith((".bin", ".pt", ".pkl", ".ckpt")) for pattern in spec.source.patterns)
    if isinstance(spec.source, Package):
        for archive in spec.source.archives:
            assert re.fullmatch(r"[0-9a-f]{64}", archive.sha256)
            assert archive.size > 0
            assert archive.members
    if isinstance(spec.source, Shipped):
        folder = weights.CHECKPOINTS / spec.source.folder
        for name in ("config.json", "README.md", "eval.json"):
            assert (folder / name).exists(), f"{folder.name} lacks {name}"


def test_every_task_but_video_has_a_default_that_needs_no_hub() -> None:
    for cls in tasks.REQUESTS:
        first = registry.find("", cls.task)
        assert not isinstance(first.source, Hub), f"{cls.task} opens with a hub model"
        assert not first.needs_gpu


def test_unknown_names_are_refused_with_the_list() -> None:
    with pytest.raises(UnknownModelError, match=ROWS[0].name):
        registry.find("nope")
