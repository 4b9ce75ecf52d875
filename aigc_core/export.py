"""Write outputs to files with the recipe inside. :func:`save` serves the tabs, the command line and the gallery."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from PIL.Image import Image

from aigc_core import recipe as recipes
from aigc_core.errors import InvalidRequestError, MissingDependencyError
from aigc_core.lessons.figure import Frame
from aigc_core.media import audio, image, mel, midi, video
from aigc_core.nlp import conversation
from aigc_core.recipe import GENERATED, KEY, Recipe
from aigc_core.tasks.audio import Audio
from aigc_core.tasks.chat import Reply
from aigc_core.tasks.compose import Music
from aigc_core.tasks.continue_text import Text
from aigc_core.tasks.faces import (
    FaceEdit,
    Faces,
    FaceSketch,
    FacesRequest,
    NearestFaces,
    SketchFaceRequest,
    Trajectory,
)
from aigc_core.tasks.fields import seeds_from
from aigc_core.tasks.request import Request
from aigc_core.tasks.speak import Speech
from aigc_core.tasks.stylize import StyleSheet
from aigc_core.tasks.summarize import Summary

MAIN_SUFFIX: Mapping[type, str] = {
    Image: ".png", Faces: ".png", StyleSheet: ".png", Trajectory: ".png", FaceEdit: ".png", FaceSketch: ".png", NearestFaces: ".png", Music: ".wav", Speech: ".wav", Text: ".json", Reply: ".json", Summary: ".json", Frame: ".svg",
}  # fmt: skip


def save(output: Any, recipe: Recipe, stem: Path) -> dict[str, Path]:
    """Write every file of an output as ``stem`` plus an ending.

    Returns:
        The files by role: ``image`` | ``sheet``, ``face-0``…, ``rejects``, ``morph`` | ``sheet``, ``json`` (a trajectory, nearest faces)
        | ``edited``, ``reconstruction``, ``aligned`` | ``sheet``, ``face-0``…, ``drawing`` | ``sheet`` (styles) | ``audio``, ``midi``,
        ``piano_roll`` | ``audio``, ``picture`` | ``json``, ``text`` | ``figure``, ``audio``. The first is the main one.
    """
    stem.parent.mkdir(parents=True, exist_ok=True)
    for kind, writer in _WRITERS.items():
        if isinstance(output, kind):
            return writer(output, recipe, stem)
    raise TypeError(f"no writer for {type(output).__name__}")


def endings(request: Request) -> tuple[str, ...]:
    """File endings that :func:`save` will put behind the stem for a request's result, the main file's first.

    Raises:
        InvalidRequestError: the result is not one for files.
    """
    found = request.endings
    if not found:
        raise InvalidRequestError(
            f"The result of a {type(request).__name__} is shown on the page only; it cannot be written to a file.",
            f"{type(request).__name__} 的结果只在页面上显示，无法写入文件。",
        )
    if isinstance(request, (FacesRequest, SketchFaceRequest)):
        faces = [_face(i, seed) for i, seed in enumerate(seeds_from(request.seed, request.count))]
        if isinstance(request, FacesRequest) and request.chooses:  # which are chosen is seen when they are drawn
            seeds = seeds_from(request.seed, request.candidates)
            faces = [_REJECTS, *(_face(i, seed) for i in range(request.count) for seed in seeds)]
        walk = [".mp4"] if isinstance(request, FacesRequest) and request.seed_to is not None else []
        return (*found, *faces, *walk)
    return found


_REJECTS = "-rejects.png"


def _face(i: int, seed: int) -> str:
    return f"-{i:02d}-seed{seed}.png"


def _png(picture: Image, recipe: Recipe, file: Path) -> Path:
    image.write_png(file, picture, {KEY: recipes.dumps(recipe), "Comment": GENERATED})
    return file


def _save_image(output: Image, recipe: Recipe, stem: Path) -> dict[str, Path]:
    return {"image": _png(output, recipe, stem.with_name(stem.name + ".png"))}


def _save_faces(output: Faces, recipe: Recipe, stem: Path) -> dict[str, Path]:
    """The sheet is laid out and written while other threads write the faces: Pillow frees the interpreter as it encodes."""
    names = [stem.with_name(stem.name + _face(i, seed)) for i, seed in enumerate(output.seeds)]
    recipes_of = [{**recipe, "part": {"index": i, "seed": seed}} for i, seed in enumerate(output.seeds)]
    with ThreadPoolExecutor() as threads:
        faces = threads.map(lambda face: _png(*face), zip(output.images, recipes_of, names, strict=True))
        sheet = image.grid([image.enlarge(picture, output.display_scale) for picture in output.images])
        files = {"sheet": _png(sheet, recipe, stem.with_name(stem.name + ".png"))}
        files |= {f"face-{i}": file for i, file in enumerate(faces)}
    if output.rejects:
        others = image.grid([image.enlarge(picture, output.display_scale) for picture in output.rejects])
        part = {**recipe, "part": {"role": "rejects", "seeds": list(output.reject_seeds)}}
        files["rejects"] = _png(others, part, stem.with_name(stem.name + _REJECTS))
    if output.frames:
        file = stem.with_name(stem.name + ".mp4")
        video.write_mp4(file, output.frames, comment=recipes.dumps(recipe))
        files["morph"] = file
    return files


def _save_styles(output: StyleSheet, recipe: Recipe, stem: Path) -> dict[str, Path]:
    return {"sheet": _png(image.grid(output.images), recipe, stem.with_name(stem.name + ".png"))}


def _save_trajectory(output: Trajectory, recipe: Recipe, stem: Path) -> dict[str, Path]:
    """Two rows: x_t above, the clean picture expected below, the steps from left to right."""
    rows = [step.noisy for step in output.steps] + [step.denoised for step in output.steps]
    sheet = image.grid([image.enlarge(picture, output.display_scale) for picture in rows], columns=len(output.steps))
    return {
        "sheet": _png(sheet, recipe, stem.with_name(stem.name + ".png")),
        "json": _json(output.to_json(), recipe, stem),
    }


def _save_edit(output: FaceEdit, recipe: Recipe, stem: Path) -> dict[str, Path]:
    parts = {"edited": output.edited, "reconstruction": output.reconstruction, "aligned": output.aligned}
    return {
        role: _png(picture, {**recipe, "part": {"role": role}}, stem.with_name(f"{stem.name}{_dash(role)}.png"))
        for role, picture in parts.items()
    }


def _dash(role: str) -> str:
    return "" if role == "edited" else f"-{role}"


def _save_sketch(output: FaceSketch, recipe: Recipe, stem: Path) -> dict[str, Path]:
    files = _save_faces(
        Faces(images=output.images, seeds=output.seeds, display_scale=output.display_scale), recipe, stem
    )
    drawing = {**recipe, "part": {"role": "drawing"}}
    files["drawing"] = _png(output.drawing, drawing, stem.with_name(f"{stem.name}-drawing.png"))
    return files


def _save_nearest(output: NearestFaces, recipe: Recipe, stem: Path) -> dict[str, Path]:
    sheet = image.grid([image.enlarge(picture, output.display_scale) for picture in output.images])
    return {
        "sheet": _png(sheet, recipe, stem.with_name(stem.name + ".png")),
        "json": _json(output.to_json(), recipe, stem),
    }


def _json(output: Mapping[str, Any], recipe: Recipe, stem: Path) -> Path:
    file = stem.with_name(stem.name + ".json")
    record = {"output": output, "recipe": dict(recipe)}
    file.write_text(json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")
    return file


def _save_audio(sound: Audio, recipe: Recipe, stem: Path) -> Path:
    file = stem.with_name(stem.name + ".wav")
    audio.write(file, sound, comment=recipes.dumps(recipe))
    return file


def _save_music(output: Music, recipe: Recipe, stem: Path) -> dict[str, Path]:
    files = {"audio": _save_audio(output.audio, recipe, stem)}
    if output.midi:
        files["midi"] = stem.with_name(stem.name + ".mid")
        files["midi"].write_bytes(midi.with_text(output.midi, f"{KEY}:{recipes.dumps(recipe)}"))
    files["piano_roll"] = _png(output.piano_roll, recipe, stem.with_name(stem.name + ".png"))
    return files


def _save_speech(output: Speech, recipe: Recipe, stem: Path) -> dict[str, Path]:
    files = {"audio": _save_audio(output.audio, recipe, stem)}
    try:
        picture = mel.picture(output.audio)
    except MissingDependencyError:  # without torchaudio
        picture = mel.waveform_picture(output.audio)
    files["picture"] = _png(picture, recipe, stem.with_name(stem.name + ".png"))
    return files


def _save_text(output: Text | Reply | Summary, recipe: Recipe, stem: Path) -> dict[str, Path]:
    files = {"json": _json(output.to_json(), recipe, stem), "text": stem.with_name(stem.name + ".md")}
    files["text"].write_text(output.text + footer(recipe), "utf-8")
    return files


def _save_continuation(output: Text, recipe: Recipe, stem: Path) -> dict[str, Path]:
    files = _save_text(output, recipe, stem)
    files["text"].write_text(recipe["parameters"].get("prompt", "") + output.text + footer(recipe), "utf-8", newline="")
    return files


def _save_reply(output: Reply, recipe: Recipe, stem: Path) -> dict[str, Path]:
    files = _save_text(output, recipe, stem)
    whole = conversation.to_markdown(conversation.of(recipe, output.text))
    files["text"].write_text(whole + footer(recipe), "utf-8", newline="")
    return files


def _save_frame(output: Frame, recipe: Recipe, stem: Path) -> dict[str, Path]:
    files = {"figure": stem.with_name(stem.name + ".svg")}
    files["figure"].write_text(output.svg.rstrip() + footer(recipe), "utf-8", newline="")
    if output.audio is not None:
        files["audio"] = _save_audio(output.audio, recipe, stem)
    return files


def footer(recipe: Recipe) -> str:
    """The recipe block that ends every text export, SVG too: invisible when rendered, read by :func:`aigc_core.recipe.read`."""
    text = recipes.dumps(recipe).replace("<", "\\u003c").replace(">", "\\u003e")  # so that it cannot end the comment
    text = text.replace("--", "-\\u002d")  # which XML forbids in one
    return f"\n\n<!-- {KEY}: {text} -->\n"


_WRITERS: Mapping[type, Callable[[Any, Recipe, Path], dict[str, Path]]] = {
    Image: _save_image, Faces: _save_faces, Trajectory: _save_trajectory, FaceEdit: _save_edit, FaceSketch: _save_sketch,
    StyleSheet: _save_styles,
    NearestFaces: _save_nearest, Music: _save_music, Speech: _save_speech,
    Text: _save_continuation, Reply: _save_reply, Summary: _save_text, Frame: _save_frame,
}  # fmt: skip
