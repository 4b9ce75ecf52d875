"""A recipe written into any file comes back unchanged; other files are refused in words; replaying restores the request."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image
from recipes import PICTURE, SOUND, SPEC, made, midi_bytes

from aigc_core import export, recipe
from aigc_core.errors import InvalidRequestError
from aigc_core.media import audio, image
from aigc_core.recipe import GENERATED, KEY
from aigc_core.tasks.chat import ChatRequest, Reply
from aigc_core.tasks.compose import ComposeRequest, Music
from aigc_core.tasks.continue_text import ContinueTextRequest, Text
from aigc_core.tasks.faces import Faces, FacesRequest
from aigc_core.tasks.inpaint import InpaintRequest
from aigc_core.tasks.request import Request
from aigc_core.tasks.speak import SpeakRequest, Speech
from aigc_core.tasks.stylize import StylizeRequest
from aigc_core.tasks.summarize import Summary, SummarySentence

PROMPTS = {
    "plain": "a portrait",
    "chinese": "一位老人的肖像，水墨风格",
    "emoji": "🎲👩‍🚀 ½ é \u200f עברית",
    "comment ends": "--> <!-- aigc-recipe: {} --> ]]> &amp; </script>",
    "escapes": '\\ \\\\ = \\= ; # \\; "quoted" \n new \r line \t tab \x00 null \x7f',
    "20k ascii": "x" * 20_000,
    "20k chinese": "字" * 20_000,
    "20k emoji": "🎲" * 20_000,
}


OUTPUTS: dict[str, Any] = {
    "faces": Faces(images=(PICTURE, PICTURE), seeds=(7, 8), frames=(PICTURE,) * 8),
    "image": PICTURE,
    "speech": Speech(audio=SOUND),
    "music": Music(audio=SOUND, midi=midi_bytes(), piano_roll=PICTURE),
    "text": Text(text="a story that says --> and <!-- aigc-recipe: {} -->"),
    "reply": Reply(text="回答"),
    "summary": Summary(sentences=(SummarySentence(text="总结。"),), source_sentences=("原文。",)),
}


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS.keys())
@pytest.mark.parametrize("kind", OUTPUTS)
def test_every_file_of_every_output_gives_its_recipe_back(kind: str, prompt: str, tmp_path: Path) -> None:
    written = made(prompt)
    files = export.save(OUTPUTS[kind], written, tmp_path / "out")
    assert len({f.name for f in files.values()}) == len(files)
    for role, file in files.items():
        found = recipe.read(file)
        assert found.pop("part", None) == ({"index": int(role[5:]), "seed": 7 + int(role[5:])} if role.startswith("face-") else None)  # fmt: skip
        assert found == written, role


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS.keys())
@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_sound_files_keep_their_comment(suffix: str, prompt: str, tmp_path: Path) -> None:
    file = tmp_path / f"sound{suffix}"
    audio.write(file, SOUND, comment=recipe.dumps(made(prompt)))
    assert recipe.read(file) == made(prompt)
    assert audio.read(file).sample_rate == SOUND.sample_rate


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(prompt=st.text(st.characters(codec="utf-8"), max_size=200))
@example(prompt="\\=\\;\\#\n")
@example(prompt="{")
@example(prompt="RIFF")
@example(prompt="GIF8")
@example(prompt="-->")
@example(prompt="\0")
def test_any_prompt_survives_a_picture_a_sound_and_a_text(prompt: str, tmp_path: Path) -> None:
    written = made(prompt)
    for output in (PICTURE, Speech(audio=SOUND), Text(text=prompt)):
        for file in export.save(output, written, tmp_path / "out").values():
            assert recipe.read(file) == written


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10, deadline=None)
@given(prompt=st.text(st.characters(codec="utf-8"), max_size=100) | st.text("\\=;#\n\"'[]", max_size=40))
@example(prompt="\\=\\;\\#\n")
def test_any_prompt_survives_a_video(prompt: str, tmp_path: Path) -> None:
    file = export.save(Faces(images=(PICTURE,), seeds=(1,), frames=(PICTURE,) * 2), made(prompt), tmp_path / "o")[
        "morph"
    ]
    assert recipe.read(file) == made(prompt)


def test_gif_comments_are_read(tmp_path: Path) -> None:
    PICTURE.save(tmp_path / "a.gif", comment=recipe.dumps(made()).encode())
    assert recipe.read(tmp_path / "a.gif") == made()


def test_all_outputs_say_that_they_are_generated(tmp_path: Path) -> None:
    for kind, output in OUTPUTS.items():
        for file in export.save(output, made(), tmp_path / kind).values():
            assert GENERATED.encode() in file.read_bytes(), file.name


def test_equal_runs_write_equal_bytes(tmp_path: Path) -> None:
    for kind, output in OUTPUTS.items():
        first = export.save(output, made(), tmp_path / "a" / kind)
        again = export.save(output, made(), tmp_path / "b" / kind)
        assert [f.read_bytes() for f in first.values()] == [f.read_bytes() for f in again.values()], kind


# --- files that carry none --------------------------------------------------------------------------------------------


def plain_files(folder: Path) -> list[Path]:
    from aigc_core.media import video

    PICTURE.save(folder / "plain.png")
    PICTURE.save(folder / "plain.gif")
    PICTURE.save(folder / "plain.jpg")
    audio.write(folder / "plain.wav", SOUND)
    audio.write(folder / "plain.flac", SOUND)
    video.write_mp4(folder / "plain.mp4", [PICTURE] * 2)
    (folder / "plain.mid").write_bytes(midi_bytes())
    (folder / "list.json").write_text("[1, 2]")
    (folder / "foreign.json").write_text('{"recipe": {"task": "soup"}, "generated": "by hand"}')
    (folder / "deep.json").write_text('{"a":' * 100_000)
    (folder / "plain.md").write_text("# no recipe\n<!-- aigc-recipe: -->")
    (folder / "empty").write_bytes(b"")
    (folder / "noise").write_bytes(bytes(range(256)) * 40)
    (folder / "other comment.png").unlink(missing_ok=True)
    image.write_png(folder / "other comment.png", PICTURE, {"Comment": "hello", KEY: "not json"})
    return sorted(folder.iterdir())


def test_foreign_files_are_refused_by_name(tmp_path: Path) -> None:
    for file in plain_files(tmp_path):
        with pytest.raises(InvalidRequestError) as caught:
            recipe.read(file)
        words = "carries no recipe of this app." if file.stat().st_size else "is empty; it carries no recipe."
        assert str(caught.value) == f"{file.name} {words}"
        assert file.name in caught.value.zh


def test_a_missing_file_and_a_folder_are_called_so(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere.png"):
        with pytest.raises(InvalidRequestError, match="There is no file"):
            recipe.read(path)


@pytest.mark.parametrize("kind", ["image", "music", "speech", "text"])
def test_truncated_and_flipped_files_never_raise_anything_else(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for file in export.save(OUTPUTS[kind], made(), tmp_path / "whole").values():
        whole = file.read_bytes()
        damaged = tmp_path / f"damaged{file.suffix}"
        cut = [whole[: len(whole) * i // 12] for i in range(12)]
        flipped = []
        for _ in range(25):
            data = bytearray(whole)
            for at in rng.integers(0, len(data), 3):
                data[at] ^= int(rng.integers(1, 256))
            flipped.append(bytes(data))
        for data in cut + flipped:
            damaged.write_bytes(data)
            try:
                found = recipe.read(damaged)
            except InvalidRequestError:
                continue
            assert found["generated"] == GENERATED


def test_a_damaged_video_is_refused(tmp_path: Path) -> None:
    whole = export.save(OUTPUTS["faces"], made(), tmp_path / "whole")["morph"].read_bytes()
    for data in (whole[:100], whole[: len(whole) // 2], whole[:40] + bytes(len(whole) - 40)):
        (tmp_path / "damaged.mp4").write_bytes(data)
        with pytest.raises(InvalidRequestError, match="carries no recipe"):
            recipe.read(tmp_path / "damaged.mp4")


def test_a_picture_that_claims_to_be_huge_is_not_decoded(tmp_path: Path) -> None:
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    text = KEY.encode() + b"\0\0\0\0\0" + recipe.dumps(made()).encode()
    bomb = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"iTXt", text) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    )
    (tmp_path / "bomb.png").write_bytes(bomb)
    assert recipe.read(tmp_path / "bomb.png") == made()


# --- back to a request --------------------------------------------------------------------------------------------------


def requests() -> list[tuple[Request, dict[str, Any]]]:
    mask = Image.new("L", PICTURE.size, 255)
    return [
        (FacesRequest(model="m", seed=3, count=4, seed_to=9, frames=12), {}),
        (StylizeRequest(image=PICTURE, style="candy", strength=0.5), {"image": PICTURE}),
        (InpaintRequest(image=PICTURE, mask=mask, grow=-3), {"image": PICTURE, "mask": mask}),
        (ContinueTextRequest(prompt="讲个故事 -->", stop=("\n", "。")), {}),
        (ChatRequest(message="hi", history=({"role": "user", "content": "你好"},)), {}),  # type: ignore[arg-type]
        (ComposeRequest(primer=midi_bytes(), bars=4), {}),
        (ComposeRequest(), {}),
        (SpeakRequest(text="hello", voice="af_heart", speed=1.25), {}),
    ]


@pytest.mark.parametrize(("request_", "inputs"), requests(), ids=lambda v: getattr(v, "task", ""))
def test_a_recipe_restores_its_request(request_: Request, inputs: dict[str, Any]) -> None:
    stored = json.loads(recipe.dumps(recipe.make(request_, SPEC, "", {})))
    stored["model"] = request_.model
    again = recipe.to_request(stored, inputs)
    for f in fields(request_):
        assert getattr(again, f.name) == getattr(request_, f.name), f.name


def test_inputs_named_by_hash_are_asked_for_and_compared() -> None:
    stored = recipe.make(StylizeRequest(image=PICTURE), SPEC, "", {})
    with pytest.raises(InvalidRequestError, match="--input image=FILE"):
        recipe.to_request(stored)
    with pytest.raises(InvalidRequestError, match="not the one the recipe was made with"):
        recipe.to_request(stored, {"image": PICTURE.rotate(180)})


def test_a_long_primer_is_kept_by_hash_alone() -> None:
    stored = recipe.make(ComposeRequest(primer=b"M" * 70_000), SPEC, "", {})
    assert "base64" not in stored["parameters"]["primer"]
    with pytest.raises(InvalidRequestError, match="--input primer=FILE"):
        recipe.to_request(stored)


@pytest.mark.parametrize(
    "change",
    [
        {"task": "dance"}, {"task": None}, {"parameters": None}, {"parameters": 3}, {"seed": "x"}, {"seed": -1},
        {"task": "compose", "parameters": {"primer": {"sha256": "00", "base64": "%%%"}}},
        {"task": "compose", "parameters": {"primer": {"sha256": 5}}},
        {"task": "compose", "parameters": {"primer": "text"}},
        {"task": "chat", "parameters": {"message": "x", "history": 3}},
        {"task": "continue_text", "parameters": {"prompt": {"sha256": "a", "base64": "aa"}}},
        {"task": "continue_text", "parameters": {"prompt": "x", "stop": 3}},
        {"task": "stylize", "parameters": {"image": [1]}}, {"task": "stylize", "parameters": {}},
        {"task": "continue_text", "parameters": {}},
    ],
)  # fmt: skip
def test_forged_recipes_are_refused_in_words(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError):
        recipe.to_request({**made(), **change})


def test_unknown_parameters_of_a_later_version_are_passed_over() -> None:
    later = made()
    later["parameters"]["invented_later"] = 1
    assert recipe.to_request(later).seed == 7


def test_a_recipe_holds_no_time_of_day_and_names_versions() -> None:
    found = recipe.make(FacesRequest(), SPEC, "", {})
    assert len(found["date"]) == len("2026-01-02")
    assert {"python", "numpy", "pillow"} <= found["versions"].keys()


def test_a_recipe_names_the_number_of_threads_as_sums_depend_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for threads in ("1", "7"):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        assert recipe.make(FacesRequest(), SPEC, "", {})["versions"]["threads"] == threads


# --- command line -------------------------------------------------------------------------------------------------------


def run(*args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "aigc_core.recipe", *args]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_the_command_prints_the_recipe(tmp_path: Path) -> None:
    file = export.save(PICTURE, made("肖像"), tmp_path / "a")["image"]
    shown = run(str(file))
    assert shown.returncode == 0 and json.loads(shown.stdout) == made("肖像")
    assert "肖像" in shown.stdout, "readable, not escaped"


def test_the_command_fails_in_one_line(tmp_path: Path) -> None:
    PICTURE.save(tmp_path / "a.png")
    refused = run(str(tmp_path / "a.png"))
    assert refused.returncode == 2 and refused.stderr == "error: a.png carries no recipe of this app.\n"


REPLAYED: dict[str, Callable[[Path], list[str]]] = {
    "inpaint-telea .png": lambda folder: ["inpaint", "--image", str(folder / "in.png"), "--mask", str(folder / "mask.png"), "--model", "inpaint-telea"],
    "summarize-textrank .md": lambda folder: ["summarize", "--model", "summarize-textrank", "--text", "One cat sat. Two cats sat. The cats sat on a mat. A dog barked at the cats."],
}  # fmt: skip


@pytest.mark.parametrize("case", REPLAYED)
def test_replaying_gives_the_same_bytes(case: str, tmp_path: Path) -> None:
    PICTURE.save(tmp_path / "in.png")
    mask = Image.new("L", PICTURE.size)
    mask.paste(255, (8, 8, 16, 16))
    mask.save(tmp_path / "mask.png")
    suffix = case.split()[1]
    first, again = tmp_path / f"first{suffix}", tmp_path / f"again{suffix}"
    command = [sys.executable, "-m", "aigc_core", *REPLAYED[case](tmp_path), "--out", str(first)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    inputs = ["--input", f"image={tmp_path / 'in.png'}", "--input", f"mask={tmp_path / 'mask.png'}"]
    replayed = run(str(first), "--replay", str(again), *(inputs if suffix == ".png" else []))
    assert replayed.returncode == 0, replayed.stderr
    assert first.read_bytes() == again.read_bytes()


@pytest.mark.weights
def test_replaying_one_face_of_a_sheet_gives_that_face(
    real_weights: Callable[[str], list[Path]], tmp_path: Path
) -> None:
    real_weights("faces-dcgan-64")
    command = [
        sys.executable,
        "-m",
        "aigc_core",
        "faces",
        "--count",
        "3",
        "--seed",
        "5",
        "--out",
        str(tmp_path / "a.png"),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    one = next(tmp_path.glob("a-01-*.png"))
    shutil.copy(one, tmp_path / "found.png")
    replayed = run(str(tmp_path / "found.png"), "--replay", str(tmp_path / "again.png"))
    assert replayed.returncode == 0, replayed.stderr
    assert (tmp_path / "again.png").read_bytes() == one.read_bytes()
