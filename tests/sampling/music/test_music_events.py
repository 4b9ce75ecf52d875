"""Writing music under the grammar, by models that know nothing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
import torch
import tunes

from aigc_core.sampling.music import events
from aigc_core.sampling.music.events import KEY_SLOT, LAYOUT_SLOT, METRE_SLOT, STYLE_SLOT, Grammar, write
from aigc_core.sampling.music.rows import Rows
from aigc_core.sampling.text.tokens import Sampling
from aigc_core.tokenizers import music_tokens
from aigc_core.tokenizers.music_tokens import KEY, LEAD, METRE, SCORE, STYLE, VOCABULARY, Note


class Fool:
    """Random logits; remembers how many tokens it saw at most."""

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)
        self.read, self.most, self.windows = 0, 0, 0

    def __call__(self, ids: Sequence[int], fresh: bool) -> torch.Tensor:
        self.windows += fresh
        self.read = (0 if fresh else self.read) + len(ids)
        self.most = max(self.most, self.read)
        return 2 * torch.randn(VOCABULARY, generator=self._generator)


def piece(seed: int, bars: int, wanted: dict[int, int], window: int = 1024, **more: object) -> tuple[Grammar, Fool]:
    grammar, fool = Grammar(bars, wanted), Fool(seed)
    generator = torch.Generator().manual_seed(seed)
    for _ in write(fool, grammar, Sampling(), generator, window=window, **more):  # type: ignore[arg-type]
        pass
    return grammar, fool


@pytest.mark.parametrize("layout", [SCORE, LEAD])
@pytest.mark.parametrize("style", [0, 1])
@pytest.mark.parametrize("metre", [0, 1])
def test_even_noise_gives_a_piece_of_so_many_bars(layout: int, style: int, metre: int) -> None:
    wanted = {LAYOUT_SLOT: layout, STYLE_SLOT: STYLE + style, METRE_SLOT: METRE + metre, KEY_SLOT: KEY + 14}
    grammar, _ = piece(5, 3, wanted)
    header, notes = grammar.header, music_tokens.decode(grammar.ids)
    assert (header.tonic, header.mode, header.metre) == (2, "minor", 3 + metre)
    assert music_tokens.encode(header, notes, 3) == grammar.ids  # in the order in which training rows have them
    assert notes and max(n.start for n in notes) < 3 * header.bar
    for voice in range(4):
        sung = [n for n in notes if n.voice == voice]
        assert all(a.start + a.length <= b.start for a, b in pairwise(sung))


def test_a_given_melody_stays_and_the_other_voices_join_it() -> None:
    tune = [n for n in tunes.chorale(bars=5).notes if n.voice == 0]
    wanted = {LAYOUT_SLOT: LEAD, STYLE_SLOT: STYLE, METRE_SLOT: METRE + 1}
    grammar, _ = piece(1, 5, wanted, given=lambda bar: [n for n in tune if n.start // 16 == bar])
    notes = music_tokens.decode(grammar.ids)
    assert [n for n in notes if n.voice == 0] == tune
    assert {n.voice for n in notes} == {0, 1, 2, 3}


@pytest.mark.parametrize("layout", [SCORE, LEAD])
def test_a_beginning_is_kept_and_gone_on_from(layout: int) -> None:
    before = list(tunes.song(bars=2).notes)
    wanted = {LAYOUT_SLOT: layout, STYLE_SLOT: STYLE + 1, METRE_SLOT: METRE + 1}
    grammar, _ = piece(2, 5, wanted, beginning=before, begun=2)
    notes = music_tokens.decode(grammar.ids)
    written = {n for n in notes if n.start < 32} - set(before)
    assert set(before) >= {n for n in notes if n.start < 16 or (n.start < 32 and n.voice == 4)}
    assert not written if layout == SCORE else {n.voice for n in written} <= {5, 6}
    assert any(n.start >= 64 for n in notes)


@pytest.mark.parametrize("layout", [SCORE, LEAD])
def test_a_long_piece_is_written_through_a_short_window(layout: int) -> None:
    window = 2 * events.ROOM
    grammar, fool = piece(3, 40, {LAYOUT_SLOT: layout, STYLE_SLOT: STYLE + 1}, window=window)
    assert fool.windows > 2 and fool.most <= window and len(grammar.ids) > window
    assert max(n.start for n in music_tokens.decode(grammar.ids)) // grammar.reader.bar == 39


def test_every_training_row_follows_the_grammar() -> None:
    for made in (tunes.chorale, tunes.song):
        for lead in (False, True):
            row = Rows.of(made(bars=6)).row(lead=lead)
            grammar = Grammar(6, {})
            for token in row:
                assert token in grammar.allowed()
                grammar.push(token)
            assert grammar.reader.ended


def test_the_last_bars_open_a_new_window() -> None:
    row = Rows.of(tunes.song(bars=12)).row()
    grammar = Grammar(12, {})
    for token in row[: row.index(music_tokens.BAR + 1)]:  # all but the last two bars
        grammar.push(token)
    recent = grammar.recent(400)
    shifted = [Note(n.start + 16 * 4, *n[1:]) for n in music_tokens.decode(recent)]
    assert set(shifted) == {n for n in grammar.reader.notes if n.start >= 16 * 4} and music_tokens.MIDDLE in recent


def test_a_bar_of_more_notes_than_fit_is_seen_in_part() -> None:
    window = 2 * events.ROOM
    crowd = [Note(step, 6, pitch, 2) for step in range(16) for pitch in range(30, 100)]
    wanted = {LAYOUT_SLOT: SCORE, STYLE_SLOT: STYLE + 1, METRE_SLOT: METRE + 1}
    grammar, fool = piece(6, 3, wanted, window=window, beginning=crowd, begun=1)
    assert fool.most <= window and set(crowd) <= set(music_tokens.decode(grammar.ids))
