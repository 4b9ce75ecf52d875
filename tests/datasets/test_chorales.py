"""Reading chorales: a small score written here, phrases, primers, and the real corpus."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from aigc_core.datasets import chorales
from aigc_core.sampling.music import primer
from aigc_core.sampling.music.phrases import FAR, OPENING, phases, plan
from aigc_core.sampling.music.primer import Sounding

_CONTAINER = '<container><rootfiles><rootfile full-path="score.xml"/></rootfiles></container>'


def note(step: str, octave: int, duration: int, *, alter: int = 0, extra: str = "") -> str:
    return f"<note><pitch><step>{step}</step><alter>{alter}</alter><octave>{octave}</octave></pitch><duration>{duration}</duration>{extra}</note>"


def score(parts: dict[str, list[str]], *, beats: int = 4, fifths: int = 1) -> str:
    names = "".join(f'<score-part id="{n}"><part-name>{n}</part-name></score-part>' for n in parts)
    head = f"<attributes><divisions>2</divisions><key><fifths>{fifths}</fifths></key><time><beats>{beats}</beats><beat-type>4</beat-type></time></attributes>"
    bodies = ""
    for name, measures in parts.items():
        joined = "".join(f"<measure>{head if i == 0 else ''}{m}</measure>" for i, m in enumerate(measures))
        bodies += f'<part id="{name}">{joined}</part>'
    return f"<score-partwise><part-list>{names}</part-list>{bodies}</score-partwise>"


REST = "<notations><fermata/></notations>"
PARTS = {
    "Soprano": [note("D", 5, 2), note("D", 5, 1) + note("E", 5, 1) + note("F", 5, 2, alter=1) + note("G", 5, 4, extra=REST)],
    "Alto": [note("B", 4, 2), note("B", 4, 4) + note("B", 4, 4)],
    "Tenor": [note("G", 4, 2), note("G", 4, 2, extra='<tie type="start"/>') + note("G", 4, 2, extra='<tie type="stop"/>') + note("D", 4, 4)],
    "Bass": [note("G", 3, 2), note("G", 3, 2) + note("D", 3, 2) + note("G", 2, 4)],
}  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "small.mxl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("META-INF/container.xml", _CONTAINER)
        archive.writestr("score.xml", score(PARTS))
    return path


def test_a_score_becomes_a_grid_with_key_upbeat_ties_and_fermatas(file: Path) -> None:
    piece = chorales.read(file)
    assert piece is not None
    assert (piece.tonic, piece.mode, piece.start) == (7, "major", 6)
    assert piece.pitches[:, 0].tolist() == [74, 74, 74, 76, 78, 78, 79, 79, 79, 79]
    assert piece.pitches[:, 3].tolist() == [55, 55, 55, 55, 50, 50, 43, 43, 43, 43]
    assert piece.attacks[:, 2].tolist() == [True, False, True, False, False, False, True, False, False, False]
    assert piece.fermatas.tolist() == [False] * 6 + [True] * 4
    assert piece.normalised()[-1, 3] % 12 == 0


def test_what_is_not_a_four_four_chorale_on_its_tonic_is_left_out(tmp_path: Path) -> None:
    cases = {
        "metre.xml": score(PARTS, beats=3),
        "key.xml": score(PARTS, fifths=-3),
        "voices.xml": score({k: v for k, v in PARTS.items() if k != "Tenor"}),
    }
    for name, text in cases.items():
        (tmp_path / name).write_text(text)
        assert chorales.read(tmp_path / name) is None, name


def test_the_way_home_is_the_shortest() -> None:
    for tonic in range(12):
        for mode, home in (("major", 0), ("minor", 9)):
            shift = chorales.shift_to_home(tonic, mode)  # type: ignore[arg-type]
            assert (tonic + shift) % 12 == home and -5 <= shift <= 6


def test_phases_count_down_to_the_fermata(file: Path) -> None:
    piece = chorales.read(file)
    assert piece is not None
    found = phases(piece.fermatas, piece.start)
    assert [p.countdown for p in found] == [3, 3, 2, 2, 1, 1, 0, 0, 0, 0]
    assert [p.accent for p in found] == [1, 0, 2, 0, 1, 0, 2, 0, 1, 0]
    assert all(p.final for p in found)


@pytest.mark.parametrize("bars", [1, 2, 3, 4, 7, 16, 64])
def test_a_plan_fills_its_bars_and_ends_under_a_fermata(bars: int) -> None:
    fermatas = plan(bars, np.random.default_rng(1))
    assert len(fermatas) == 8 * bars and fermatas[-4:].all()
    starts = [t for t in range(len(fermatas)) if fermatas[t] and not fermatas[t - 1]]
    assert all(t % 8 == 4 for t in starts) and len(starts) == max(1, bars // 2)
    found = phases(fermatas, 0)
    assert found[0].countdown in (OPENING, 2) and max(p.countdown for p in found) <= max(FAR, OPENING)


def test_keys_of_scales_are_found() -> None:
    major, minor = (0, 2, 4, 5, 7, 9, 11, 12), (0, 2, 3, 5, 7, 8, 11, 12)
    for tonic in range(12):
        for steps, mode in ((major, "major"), (minor, "minor")):
            notes = [Sounding(2 * i, 4 if s in (0, 12) else 2, 60 + tonic + s) for i, s in enumerate(steps)]
            assert primer.key(notes) == (tonic, mode)


def test_chords_of_a_primer_keep_soprano_and_bass() -> None:
    notes = [Sounding(0, 2, p) for p in (48, 55, 64, 72)] + [Sounding(2, 1, 96)]
    assert primer.chords(notes, 4) == [(72, 64, 55, 48), (72, 64, 55, 48), (72, 0, 0, 0), (0, 0, 0, 0)]


@pytest.mark.weights
def test_the_real_corpus_is_read(real_weights: Callable[[str], list[Path]]) -> None:
    folder = real_weights("chorale-ngram")[0] / "music21" / "corpus" / "bach"
    piece = chorales.read(folder / "bwv101.7.mxl")
    assert piece is not None
    assert (piece.tonic, piece.mode, piece.start) == (2, "minor", 6)
    assert piece.pitches[:5, 0].tolist() == [69, 69, 69, 69, 65]
    assert piece.fermatas.any() and len(list(folder.glob("*.mxl"))) > 400
