"""Music as tokens and back, and the pieces they are made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tunes
from hypothesis import given
from hypothesis import strategies as st

from aigc_core.datasets import music_notes
from aigc_core.errors import InvalidRequestError
from aigc_core.sampling.music.rows import Rows, drawn
from aigc_core.tokenizers import music_tokens
from aigc_core.tokenizers.music_tokens import BAR, COUNTDOWN, END, LENGTHS, VOCABULARY, Header, Note

NOTES = st.lists(
    st.builds(Note, st.integers(0, 95), st.sampled_from([4, 5, 6]), st.integers(21, 108), st.integers(1, 24)),
    unique_by=lambda n: (n.start, n.voice, n.pitch),
)


def header(**changes: object) -> Header:
    values = {"style": "pop", "metre": 4, "tonic": 2, "mode": "minor", "tempo": 97.0, "density": 1}
    return Header(**values | changes)  # type: ignore[arg-type]


@given(NOTES, st.booleans(), st.sampled_from([3, 4]))
def test_notes_on_the_grid_come_back_as_they_were(notes: list[Note], lead: bool, metre: int) -> None:
    ids = music_tokens.encode(header(lead=lead, metre=metre), notes, 96 // (4 * metre))
    assert music_tokens.decode(ids) == sorted(notes, key=lambda n: (n.start, n.voice, -n.pitch))
    assert ids[0] == ids[-1] == END and max(ids) < VOCABULARY


@given(st.lists(st.integers(0, VOCABULARY - 1), max_size=60))
def test_any_row_can_be_read(ids: list[int]) -> None:
    assert all(n.start >= 0 and n.length in LENGTHS for n in music_tokens.decode(ids))


def test_every_token_has_a_meaning_of_its_own() -> None:
    rows = [header(style=s, metre=m, tonic=t, mode=mode, tempo=tempo, density=d, middle=mi, lead=le).tokens()
            for s in music_tokens.STYLES for m in music_tokens.METRES for t in range(12) for mode in ("major", "minor")
            for tempo in music_tokens.TEMPI for d in (0, 3) for mi in (False, True) for le in (False, True)]  # fmt: skip
    assert len({tuple(row) for row in rows}) == len(rows) and {len(row) for row in rows} == {music_tokens.PREFIX}
    notes = {music_tokens.note_token(v, p) for v in range(7) for p in range(21, 109)}
    lengths = {music_tokens.length_token(n) for n in LENGTHS}
    assert (
        len(notes) == 7 * 88 and len(lengths) == len(LENGTHS) and not (notes | lengths) & {i for r in rows for i in r}
    )


def test_bars_count_down_to_the_end() -> None:
    piece = Rows.of(tunes.song(bars=20))
    bars = [t - BAR + 1 for t in piece.row() if BAR <= t < BAR + COUNTDOWN]
    assert bars == [16] * 4 + list(range(16, 0, -1))
    cut = piece.row(first=10, bars=2)
    assert [t - BAR + 1 for t in cut if BAR <= t < BAR + COUNTDOWN] == [10, 9] and cut[-1] != END


def test_a_lead_runs_one_bar_ahead() -> None:
    piece = tunes.chorale(bars=3)
    voices = [(t - music_tokens.NOTE) // 88 for t in Rows.of(piece).row(lead=True) if t >= music_tokens.NOTE]
    assert voices[:8] == [0] * 8 and 0 not in voices[8:20] and voices[20:24] == [0] * 4 and 0 not in voices[24:]


def test_a_piece_transposed_is_the_same_piece_elsewhere() -> None:
    piece = Rows.of(tunes.chorale(62))
    assert (piece.header.tonic, piece.header.mode, piece.home) == (2, "major", -2)
    assert piece.row(shift=-2) == Rows.of(tunes.chorale(60)).row()


def test_a_drawn_row_fits_and_depends_on_its_random_numbers_alone() -> None:
    piece = Rows.of(tunes.song(bars=30))
    lengths = {len(drawn(piece, 100, np.random.default_rng(i))) for i in range(40)}
    assert max(lengths) == 100
    assert drawn(piece, 100, np.random.default_rng(3)) == drawn(piece, 100, np.random.default_rng(3))


def test_the_file_is_read_with_its_splits_metre_and_upbeat(tmp_path: Path) -> None:
    tunes.save(tmp_path / "notes.npz")
    found = music_notes.read(tmp_path / "notes.npz", "train")
    assert [p.name for p in found] == ["scale-60", "scale-62", "song-60", "song-62"]
    assert found[2].notes[:2] == tunes.song().notes[:2]
    with pytest.raises(InvalidRequestError, match=r"not music_notes\.npz"):
        music_notes.read(tmp_path / "other.npz", "train")


@pytest.mark.parametrize(("metre", "upbeat"), [(4, 0), (4, 1), (4, 3), (3, 0), (3, 2)])
def test_long_notes_tell_where_bars_begin(metre: int, upbeat: int) -> None:
    notes = [Note(4 * beat, 0, 60, 8 if beat % metre == upbeat else 4) for beat in range(25)]
    assert music_notes.estimated_metre(notes) == (metre, upbeat)
