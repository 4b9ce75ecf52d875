"""Make the runs that the views of the Faces tab open with: ``docs/gallery/faces-inside.json`` and its sheets.

python scripts/faces_examples.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from aigc_core import recipe, registry
from aigc_core.engine import Engine, drain
from aigc_core.media import image
from aigc_core.tasks.faces import EditFaceRequest, FacesRequest, FaceTrajectoryRequest, SketchFaceRequest
from demos.faces import canvas as faces_canvas
from demos.faces import kept as faces_kept
from demos.faces.views import edit as faces_edit
from demos.faces.views import families as faces_families
from demos.faces.views import same_seed as faces_same_seed
from demos.faces.views import sketch as faces_sketch
from demos.faces.views import trajectory_view
from demos.faces.views.trajectory import EXAMPLES

SEED, SEEDS, PHOTO_SEED = faces_same_seed.SEED, 3, 102


def main() -> None:
    engine = Engine()
    columns: list[dict[str, Any]] = []
    rows = []
    for spec in faces_families.families():
        result = drain(engine.run(FacesRequest(model=spec.name, seed=SEED, count=SEEDS)))
        facts = {"model": spec.name, "seconds": result.seconds / SEEDS, "steps": int(result.info.get("steps", 1))}
        columns.append({**facts, "recipe": dict(result.recipe)})
        rows.append(result.output.images)
    faces_kept.write("seeds", rows)
    made: dict[str, Any] = {"same_seed": {"columns": columns, "seeds": [SEED + i for i in range(SEEDS)]}}
    for spec in registry.answering(EditFaceRequest)[:1]:
        _photo(engine, spec.name)
    for spec in registry.answering(FaceTrajectoryRequest)[:1]:
        made["trajectory"] = _trajectory(engine, spec.name)
        made["sketch"] = _sketch(engine, spec.name)
    faces_kept.FACTS.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _photo(engine: Engine, name: str) -> None:
    """A generated face, so that the sliders can be tried without a photo of anybody."""
    result = drain(engine.run(FacesRequest(model=name, seed=PHOTO_SEED, count=1, truncation=0.7)))
    text = {recipe.KEY: recipe.dumps(result.recipe), "Comment": recipe.GENERATED}
    image.write_png(faces_edit.PHOTO, image.enlarge(result.output.images[0], 4), text)


def _trajectory(engine: Engine, name: str) -> dict[str, Any]:
    result = drain(engine.run(FaceTrajectoryRequest(model=name, prompt="", guidance_scale=2.0, **EXAMPLES[0][2])))
    walk = result.output
    columns = [trajectory_view.pictures(step) for step in walk.steps]
    faces_kept.write("trajectory", list(zip(*columns, strict=True)))
    levels = [[step.sigma, step.sigma_next] for step in walk.steps]
    formulas = [step.formula for step in walk.steps]
    facts = {"sampler": walk.sampler, "teleported": walk.teleported, "levels": levels, "formulas": formulas}
    return {**facts, "recipe": dict(result.recipe)}


def _sketch(engine: Engine, name: str) -> dict[str, Any]:
    ask = SketchFaceRequest(model=name, image=faces_canvas.doodle("dark"), count=4, seed=faces_sketch.SEED, prompt="")
    result = drain(engine.run(ask))
    faces_kept.write("sketch", [[*result.output.images, result.output.noisy]])
    return {"seeds": list(result.output.seeds), "recipe": dict(result.recipe)}


if __name__ == "__main__":
    main()
