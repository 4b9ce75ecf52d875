"""Draws the example pictures and style thumbnails that the picture tabs offer: ``python -m demos.ui.pictures``.

Everything under docs/gallery/scenes and docs/gallery/styles comes from here; the scenes are drawn by
aigc_core/media/scenes.py, the thumbnails made by the very rows they stand for.
"""

from __future__ import annotations

from aigc_core import registry, resources
from aigc_core.engine import Engine, drain
from aigc_core.tasks.stylize import StylizeRequest

GALLERY = resources.folder("docs") / "gallery"
SCENES, STYLES = GALLERY / "scenes", GALLERY / "styles"
THUMBNAIL = (144, 96)


def draw() -> None:
    """Scenes as JPEG, damaged ones with their masks as PNG."""
    from aigc_core.media import scenes  # the tabs import this module for its folders, and start without OpenCV

    SCENES.mkdir(parents=True, exist_ok=True)
    for name, paint in scenes.SCENES.items():
        paint().save(SCENES / f"{name}.jpg", quality=90)
    for name, (picture, mask) in {
        "scratched": scenes.scratched(scenes.lake()),
        "stamped": scenes.stamped(scenes.canal()),
    }.items():
        picture.save(SCENES / f"{name}.jpg", quality=92)
        mask.convert("1").save(SCENES / f"{name}-mask.png", optimize=True)


def stylize() -> None:
    """One thumbnail per style: a corner of the lake in it, or the style picture itself where a picture is the style."""
    from aigc_core.media import scenes, textures

    STYLES.mkdir(parents=True, exist_ok=True)
    scene = scenes.lake(432, 288)
    engine = Engine()
    for model in ("style-multi-26", "style-paintings"):
        for name in registry.find(model).options["style"]:
            made = drain(engine.run(StylizeRequest(image=scene, model=model, style=name))).output
            made.resize(THUMBNAIL).save(STYLES / f"{name}.webp", quality=80)
    for name in textures.TEXTURES:
        square = textures.texture(name).crop((0, 85, 512, 426))
        square.resize(THUMBNAIL).save(STYLES / f"{name}.webp", quality=80)


if __name__ == "__main__":
    draw()
    stylize()
