"""Style transfer with the real ONNX networks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from streams import check_stream

from aigc_core import registry
from aigc_core.engine import Engine, drain
from aigc_core.errors import CheckpointError, InvalidRequestError
from aigc_core.media import recolour, scenes, textures
from aigc_core.pipelines.images import onnx_style, painting
from aigc_core.tasks.stylize import StylizeRequest
from aigc_core.types import Progress, Result

ROWS = ("style-multi-26", "style-arbitrary")
each_row = pytest.mark.parametrize("model", ROWS)


@pytest.fixture(scope="module")
def lake() -> Image.Image:
    return scenes.lake(480, 320)


def _pixels(image: Image.Image) -> np.ndarray[Any, Any]:
    return np.asarray(image, np.int16)


@pytest.mark.weights
@each_row
def test_paints_the_whole_picture_and_says_so_on_the_way(
    model: str, engine: Engine, lake: Image.Image, real_weights: Callable[[str], list[Path]]
) -> None:
    real_weights(model)
    result = check_stream(engine, StylizeRequest(image=lake, model=model))
    assert result.output.size == lake.size and result.output.mode == "RGB"
    assert np.abs(_pixels(result.output) - _pixels(lake)).mean() > 10, "it must look different"
    again = drain(engine.run(StylizeRequest(image=lake, model=model)))
    assert again.output.tobytes() == result.output.tobytes()


@pytest.mark.weights
@each_row
def test_strength_zero_is_the_picture_itself(
    model: str, engine: Engine, lake: Image.Image, real_weights: Callable[[str], list[Path]]
) -> None:
    real_weights(model)
    made = drain(engine.run(StylizeRequest(image=lake, model=model, strength=0.0))).output
    assert made.tobytes() == lake.tobytes()


@pytest.mark.weights
def test_every_style_of_every_row_differs_from_the_others(
    engine: Engine, lake: Image.Image, real_weights: Callable[[str], list[Path]]
) -> None:
    small = lake.resize((96, 64))
    for model in ROWS:
        real_weights(model)
        names = registry.find(model).options["style"]
        made = {drain(engine.run(StylizeRequest(image=small, model=model, style=s))).output.tobytes() for s in names}
        assert len(made) == len(names)


@pytest.mark.weights
def test_the_style_picture_decides(
    engine: Engine, lake: Image.Image, real_weights: Callable[[str], list[Path]]
) -> None:
    real_weights("style-arbitrary")
    red = Image.new("RGB", (300, 200), (220, 30, 20))
    made = drain(engine.run(StylizeRequest(image=lake, model="style-arbitrary", style_image=red)))
    swirl = drain(engine.run(StylizeRequest(image=lake, model="style-arbitrary", style="swirl")))
    assert made.info["style"] == "picture"
    redness = [float((_pixels(r.output)[..., 0] - _pixels(r.output)[..., 2]).mean()) for r in (made, swirl)]
    assert redness[0] > redness[1] + 40


@pytest.mark.weights
def test_a_fixed_style_network_refuses_a_style_picture(
    engine: Engine, lake: Image.Image, real_weights: Callable[[str], list[Path]]
) -> None:
    real_weights("style-multi-26")
    with pytest.raises(InvalidRequestError, match="style-arbitrary"):
        drain(engine.run(StylizeRequest(image=lake, style_image=lake)))


@pytest.mark.weights
@each_row
@pytest.mark.parametrize("size", [(1, 1), (3, 200), (37, 41), (1500, 2)])
def test_any_shape_comes_back_in_its_shape(
    model: str, size: tuple[int, int], engine: Engine, real_weights: Callable[[str], list[Path]]
) -> None:
    real_weights(model)
    picture = Image.effect_noise(size, 60).convert("RGB")
    made = drain(engine.run(StylizeRequest(image=picture, model=model, max_side=512))).output
    assert made.size == (size if max(size) <= 512 else (512, 1))


@pytest.mark.weights
@each_row
def test_the_picture_has_no_seams_and_its_parts_know_of_each_other(
    model: str, engine: Engine, lake: Image.Image, real_weights: Callable[[str], list[Path]]
) -> None:
    """Seen whole: changing the right half changes the normalisation of the left one, which tiles would not show."""
    real_weights(model)
    other = lake.copy()
    other.paste((255, 255, 255), (360, 0, 480, 320))
    one, two = (
        drain(engine.run(StylizeRequest(image=i, model=model))).output.crop((0, 0, 60, 320)) for i in (lake, other)
    )
    assert np.abs(_pixels(one) - _pixels(two)).mean() > 1


@pytest.mark.weights
def test_a_preview_comes_before_the_end_and_closing_stops_the_network(
    engine: Engine, lake: Image.Image, real_weights: Callable[[str], list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    import onnxruntime

    finished: list[bool] = []
    plain = onnxruntime.InferenceSession.run

    def watched(*args: Any) -> Any:
        finished.append(False)
        values = plain(*args)
        finished[-1] = True
        return values

    real_weights("style-multi-26")
    monkeypatch.setattr(onnxruntime.InferenceSession, "run", watched)
    request = StylizeRequest(image=lake.resize((1536, 1536)), max_side=1536)
    drain(engine.run(StylizeRequest(image=lake.resize((32, 32)))))
    events = engine.run(request)
    for event in events:
        if isinstance(event, Progress) and event.preview is not None:
            assert event.preview.size == (1536, 1536)
            break
    next(events)  # the large pass is under way
    events.close()
    assert finished[:-1] == [True] * (len(finished) - 1) and not finished[-1], "the network ran to its end"
    assert not [t for t in threading.enumerate() if t.name.startswith("ThreadPoolExecutor") and t.is_alive()]


@settings(deadline=None, max_examples=25)
@given(st.floats(0, 1), st.booleans(), st.integers(0, 2**32 - 1))
def test_blending_stays_between_the_picture_and_the_painting(strength: float, keep: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    picture = Image.fromarray(rng.integers(0, 256, (8, 9, 3), np.uint8))
    painted = rng.uniform(-0.2, 1.2, (8, 9, 3)).astype(np.float32)
    request = StylizeRequest(image=picture, strength=strength, keep_colors=keep)
    made = _pixels(painting.finished(picture, painted, request))
    ends = [_pixels(painting.finished(picture, painted, StylizeRequest(image=picture, strength=s, keep_colors=keep))) for s in (0, 1)]  # fmt: skip
    assert (ends[0] == _pixels(picture)).all()
    assert (made >= np.minimum(*ends) - 1).all() and (made <= np.maximum(*ends) + 1).all()


def test_kept_colours_change_lightness_alone() -> None:
    import cv2

    rng = np.random.default_rng(0)
    original = rng.uniform(0.4, 0.6, (32, 32, 3)).astype(np.float32)  # muted: every lightness is inside the gamut
    painted = rng.uniform(0.35, 0.65, (32, 32, 1)).astype(np.float32) * np.ones(3, np.float32)
    made = cv2.cvtColor(recolour.luminance(original, painted), cv2.COLOR_RGB2Lab)
    assert np.abs(made[..., 1:] - cv2.cvtColor(original, cv2.COLOR_RGB2Lab)[..., 1:]).max() < 0.7
    assert np.abs(made[..., 0] - cv2.cvtColor(painted, cv2.COLOR_RGB2Lab)[..., 0]).max() < 0.7


@pytest.mark.weights
def test_the_freed_network_agrees_with_the_published_one_at_its_size(real_weights: Callable[[str], list[Path]]) -> None:
    from aigc_core import runtime

    spec = registry.find("style-arbitrary")
    file = real_weights("style-arbitrary")[0] / spec.settings["transform"]
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, (1, 384, 384, 3)).astype(np.float32)
    vector = rng.normal(0, 0.3, (1, 1, 1, 100)).astype(np.float32)
    outputs = []
    for session in (runtime.onnx_session(str(file)), runtime.onnx_session(onnx_style.free_size(file.read_bytes()))):
        content, bottleneck = (i.name for i in session.get_inputs())
        outputs.append(session.run(None, {content: x, bottleneck: vector})[0])
    assert np.abs(outputs[0] - outputs[1]).max() <= 1 / 255


def test_a_file_of_another_shape_is_refused() -> None:
    with pytest.raises(CheckpointError, match="384"):
        onnx_style.free_size(b"nothing of the kind")


def test_the_row_offers_every_texture() -> None:
    assert registry.find("style-arbitrary").options["style"] == tuple(textures.TEXTURES)
    assert sorted(registry.find("style-multi-26").settings["styles"].values()) == list(range(26))


def test_a_failing_network_is_not_swallowed(lake: Image.Image) -> None:
    class Broken:
        def run(self, *_: Any) -> None:
            raise RuntimeError("out of memory")

    def network(x: Any) -> Generator[None, None, Any]:
        return (yield from onnx_style.run(Broken(), {}))

    with pytest.raises(RuntimeError, match="out of memory"):
        [e for e in painting.paint(StylizeRequest(image=lake), network, {}) if isinstance(e, Result)]


@pytest.mark.parametrize("name", list(scenes.SCENES))
def test_scenes_are_the_same_every_time_and_full_of_detail(name: str) -> None:
    one, two = (scenes.SCENES[name](120, 80) for _ in range(2))
    assert one.tobytes() == two.tobytes() and one.size == (120, 80)
    assert len(set(one.get_flattened_data() if hasattr(one, "get_flattened_data") else one.getdata())) > 1000
