"""Numbers of words, the extension by a source's own, and the facts beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from aigc_core.errors import CheckpointError
from aigc_core.tokenizers import vocabulary
from aigc_core.tokenizers.vocabulary import UNKNOWN, Vocabulary


def test_unknown_words_of_the_source_get_numbers_of_their_own() -> None:
    words = Vocabulary([*vocabulary.SPECIALS, "we", "use", "BERT", "."])
    reading = words.read("We use Zork. Bert use zork and 3.5.")
    assert [w.text for w in reading.words] == ["We", "use", "Zork", ".", "Bert", "use", "zork", "and", "3.5", "."]
    assert reading.ids.tolist() == [4, 5, UNKNOWN, 7, 6, 5, UNKNOWN, UNKNOWN, UNKNOWN, 7]
    assert reading.extended.tolist() == [4, 5, 8, 7, 6, 5, 8, 9, 10, 7]
    assert reading.unknown == ("zork", "and", "3.5")
    assert words.write("Zork: use other", reading.unknown).tolist() == [8, UNKNOWN, 5, UNKNOWN]
    assert reading.features[:, 0].tolist() == [0, 1, 1, 1, 0, 1, 1, 0, 0, 1]  # occurrences - 1
    assert reading.features[:, 1].tolist() == [0] * 4 + [1] * 6
    assert reading.features[:, 3].tolist() == [1, 0, 1, 4, 1, 0, 0, 0, 3, 4]


def test_built_in_the_usual_spelling_and_read_back(tmp_path: Path) -> None:
    built = vocabulary.build(["Nets learn. Nets use BERT, a BERT, and nets."], ["Nets"], 8)
    assert built.forms[4] == "nets" and "BERT" in built.forms and len(built) == 8
    built.save(tmp_path)
    assert Vocabulary.load(tmp_path).forms == built.forms
    with pytest.raises(CheckpointError):
        Vocabulary.load(tmp_path / "nowhere")
