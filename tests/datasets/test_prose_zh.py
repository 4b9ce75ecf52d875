"""Chinese prose as windows: every token once, headers never to be predicted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigc_core.datasets import prose_zh
from aigc_core.datasets.packing import packed
from aigc_core.datasets.prose_zh import Document, Tokens, stretches, tidy, windows
from aigc_core.tokenizers import zh_tokens

NOVEL, ESSAY, RECIPE = (zh_tokens.style_id(style) for style in ("novel", "essay", "recipe"))


def test_tidying_keeps_the_text_and_drops_what_nobody_sees() -> None:
    assert tidy("\u3000\u3000却说\u200b那日 \r\n\n\n １２ＡＢ，好\t\u3000的  \n") == "却说那日\n12AB，好 的"
    assert tidy("“你好！”他说……——《书》") == "“你好！”他说……——《书》"


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 400), st.integers(20, 90), st.integers(0, 5))
def test_a_document_is_cut_without_losing_or_repeating_a_target(size: int, length: int, seed: int) -> None:
    ids = np.arange(1000, 1000 + size).astype(np.uint16)
    pieces = stretches(ids, NOVEL, length, np.random.default_rng(seed))
    assert all(len(piece) <= length and head >= 1 for piece, head in pieces)
    targets = [token for piece, head in pieces for token in piece[head:].tolist()]
    begun = [
        int(piece[0]) for piece, _ in pieces if piece[0] >= 1000
    ]  # a piece without its style gives its first token
    assert sorted({*targets, *begun} - {0}) == ids.tolist() and len(targets) + len(begun) - targets.count(0) == size
    assert targets.count(0) == (targets[-1:] == [0]) and (targets.count(0) or len(pieces[-1][0]) == length)
    assert pieces[0][0][0] == 0
    for piece, head in pieces:
        assert all(token in (0, NOVEL) for token in piece[: head - (piece[0] >= 1000)])


def test_windows_are_a_function_of_the_generator_and_show_rare_styles_more_often() -> None:
    documents = [(NOVEL, 300), (ESSAY, 300), (RECIPE, 30)]
    ids = np.concatenate([np.full(n, style + 100) for style, n in documents]).astype(np.uint16)
    tokens = Tokens(ids, np.cumsum([n for _, n in documents]), np.array([s for s, _ in documents], np.uint16))
    rows, counted = windows(tokens, 65, np.random.default_rng(1))
    again, _ = windows(tokens, 65, np.random.default_rng(1))
    assert rows.shape[1] == 65 and np.array_equal(rows, again)
    assert not counted[:, 0].any() or not rows[counted[:, 0] > 0, 0].size
    seen = {style: int((rows == style + 100).sum()) / n for style, n in documents}
    assert seen == {NOVEL: 1, ESSAY: prose_zh.TIMES["essay"], RECIPE: prose_zh.TIMES["recipe"]}
    assert not np.isin(rows[counted > 0], [NOVEL, ESSAY, RECIPE]).any()


def test_packing_puts_sequences_whole_into_rows() -> None:
    sequences = [(np.arange(1, n + 1), head) for n, head in ((6, 2), (3, 1), (4, 0), (8, 1))]
    rows, counted = packed(sequences, 8)
    assert [row[row > 0].tolist() for row in rows] == [[1, 2, 3, 4, 5, 6], [1, 2, 3, 1, 2, 3, 4], list(range(1, 9))]
    assert counted.sum() == (6 - 2) + (3 - 1) + 4 + (8 - 1)
    assert counted[0].tolist() == [0, 0, 1, 1, 1, 1, 0, 0]


def test_documents_become_one_row_with_their_styles() -> None:
    tokenizer = zh_tokens.train(["那日天色已晚。"], 300, least=1)
    tokens = Tokens.of([Document("novel", "那日。"), Document("recipe", "天色已晚")], tokenizer)
    found = [(tokenizer.decode(ids.tolist()), style) for ids, style in tokens]
    assert found == [("那日。", NOVEL), ("天色已晚", RECIPE)]


def test_a_style_that_the_collection_names_otherwise_is_known() -> None:
    assert set(prose_zh.STYLE_OF.values()) == set(zh_tokens.STYLES) == set(prose_zh.TIMES)
    with pytest.raises(KeyError):
        prose_zh.STYLE_OF["poem"]
