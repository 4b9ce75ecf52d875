"""``speak --dry-run`` says as JSON what will be said, without weights, torch or synthesis."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from aigc_core import cli
from aigc_core.errors import InvalidRequestError, UnknownModelError

ROOT = Path(__file__).resolve().parents[1]


def dry(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[dict[str, str], str]:
    """The JSON object, and what stood on standard error."""
    assert cli.main(["speak", "--dry-run", *options]) == 0
    out, err = capsys.readouterr()
    assert out.count("\n") == 1
    return json.loads(out), err


@pytest.mark.parametrize(
    ("options", "language", "normalized"),
    [
        (["--text", "It cost $1.5M."], "en", "It cost one point five million dollars."),
        (["--text", "2个苹果，3L水"], "zh", "两个苹果，三升水"),
        (
            ["--text", "我用Python 3.12写了2个程序。It took 2 days."],
            "zh",
            "我用Python 三点一二写了两个程序。It took two days.",
        ),
        (["--text", "1:1000", "--voice", "zf_xiaoxiao"], "zh", "一比一千"),
        (["--text", "1:1000", "--model", "kokoro-82m"], "en", "one to one thousand"),
        (["--text", "a.b@example.com", "--voice", "zm_yunxi"], "zh", "a点b艾特example点com"),
        (["--text", "No. 5\nNo. 6"], "en", "number five\nnumber six"),
    ],
)
def test_the_reading_is_printed(
    options: list[str], language: str, normalized: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said, _ = dry(capsys, *options)
    assert list(said) == ["language", "normalized", "phonemes", "dropped"]
    assert (said["language"], said["normalized"], said["dropped"]) == (language, normalized, "")
    assert said["phonemes"]


def test_phonemes_are_said_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    said, err = dry(capsys, "--text", "ignored", "--phonemes", "ni↓xau↓§")
    assert said == {"language": "zh", "normalized": "", "phonemes": "ni↓xau↓", "dropped": "§"}
    assert err == "Not spoken: §\n"


def test_what_is_dropped_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    said, err = dry(capsys, "--text", "good\u200bmorning 😀")
    assert said["normalized"] == "good morning" and said["dropped"] == "\u200b😀"
    assert err == "Not spoken: U+200B 😀\n"


def test_a_voice_or_model_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="no voice 'nobody'"):
        cli.main(["speak", "--dry-run", "--text", "hi", "--voice", "nobody"])
    with pytest.raises(UnknownModelError):
        cli.main(["speak", "--dry-run", "--text", "hi", "--model", "nothing"])


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "ascii"])
def test_neither_torch_nor_a_terminal_that_shows_everything_is_needed(encoding: str) -> None:
    code = (
        "import sys; from aigc_core import cli; cli.main(['speak', '--dry-run', '--text', '2个苹果\\0 and 3 dogs']);"
        "assert not {'torch', 'transformers', 'onnxruntime', 'gradio'} & set(sys.modules)"
    )
    env = {**os.environ, "PYTHONIOENCODING": encoding}
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, timeout=120)
    assert ran.returncode == 0, ran.stderr.decode(errors="replace")
    assert json.loads(ran.stdout.decode(encoding))["normalized"].startswith("两个苹果 and")
    assert ("两个苹果".encode() in ran.stdout) == (encoding == "utf-8")
