"""Files for request fields: whatever the field, an empty, missing or wrong file is named."""

from __future__ import annotations

import ast
from dataclasses import fields
from pathlib import Path

import pytest

from aigc_core import cli, files, recipe
from aigc_core.errors import InvalidRequestError
from aigc_core.media import audio, inputs
from aigc_core.tasks import REQUESTS, SIDE_REQUESTS
from aigc_core.tasks.fields import limits
from aigc_core.tasks.request import Request

ROOT = Path(__file__).parents[2]
FIELDS = [
    (cls, f.name)
    for cls in (*REQUESTS, *SIDE_REQUESTS)
    for f in fields(cls)
    if limits(cls, f.name).kind in inputs.FILE_KINDS
]


@pytest.mark.parametrize(("cls", "name"), FIELDS)
def test_no_field_takes_an_empty_or_missing_file(cls: type[Request], name: str, tmp_path: Path) -> None:
    (tmp_path / "empty.x").touch()
    (tmp_path / "blank.x").write_bytes(b"\n \n")
    lim = limits(cls, name)
    with pytest.raises(InvalidRequestError, match="is empty") as caught:
        inputs.read(lim, tmp_path / "empty.x")
    assert "是空的" in caught.value.zh and str(tmp_path) not in str(caught.value)
    for given, words in (("gone.x", "There is no file gone.x"), ("", "is a folder")):
        with pytest.raises(InvalidRequestError, match=words):
            inputs.read(lim, tmp_path / given)
    with pytest.raises(InvalidRequestError, match="is an address"):
        inputs.read(lim, "http://127.0.0.1/a")


def test_the_fields_are_those_known() -> None:
    assert {name for _, name in FIELDS} == {"image", "style_image", "mask", "primer", "history"}


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "history.json is empty"), (b"{", "is not JSON"), (b"\xff\xfe\x00", "is not JSON"), (b"[" * 90_000, "is not JSON")],
)  # fmt: skip
def test_a_history_that_cannot_be_read(
    content: bytes, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "history.json").write_bytes(content)
    with pytest.raises(InvalidRequestError, match=words):
        cli.main(["chat", "--message", "hi", "--history", str(tmp_path / "history.json")])


def test_an_empty_recipe_is_said_to_be_empty(tmp_path: Path) -> None:
    (tmp_path / "recipe.png").touch()
    with pytest.raises(InvalidRequestError, match=r"recipe\.png is empty") as caught:
        recipe.read(tmp_path / "recipe.png")
    assert "是空的" in caught.value.zh


def test_a_history_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "history.json").write_bytes(b'\xef\xbb\xbf[{"role": "user", "content": "hi"}]')
    lim = next(limits(cls, name) for cls, name in FIELDS if name == "history")
    assert inputs.read(lim, tmp_path / "history.json") == [{"role": "user", "content": "hi"}]


def test_sound_is_measured_and_named(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    with pytest.raises(InvalidRequestError, match=r"empty\.wav is empty"):
        audio.read(tmp_path / "empty.wav")
    with (tmp_path / "large.wav").open("wb") as handle:
        handle.truncate(files.MAX_FILE_BYTES + 1)
    with pytest.raises(InvalidRequestError, match="at most 30 MB"):
        audio.read(tmp_path / "large.wav")


def test_sound_of_a_kind_not_listed_is_refused(tmp_path: Path) -> None:
    import numpy as np
    import soundfile

    soundfile.write(tmp_path / "a.aiff", np.zeros(800, np.float32), 8000)
    with pytest.raises(InvalidRequestError, match="could not be read as sound"):
        audio.read(tmp_path / "a.aiff")
    soundfile.write(tmp_path / "a.wav", np.zeros((8000, 60), np.float32), 8000)
    with pytest.raises(InvalidRequestError, match="at most 384,000 samples a second"):
        audio.read(tmp_path / "a.wav", max_seconds=1)


def test_ffmpeg_reads_nothing_but_what_it_is_told() -> None:
    """Without these it opens addresses and playlists that a file names, and guesses what a file is."""
    found = 0
    for file in [*(ROOT / "aigc_core").rglob("*.py"), *(ROOT / "demos").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.List) or "get_ffmpeg_exe" not in ast.unparse(node):
                continue
            found += 1
            words = [part.value if isinstance(part, ast.Constant) else None for part in node.elts]
            assert "-nostdin" in words, file.name
            for at in (i for i, word in enumerate(words) if word == "-i"):
                before = words[max((i for i, word in enumerate(words[:at]) if word == "-i"), default=0) : at]
                assert "-protocol_whitelist" in before and "-f" in before, file.name
    assert found >= 1
