"""Draw more faces than are shown, and keep the best: chosen by a face detector and by the distance to the training faces.

Two measures rank the faces, neither made for it. A malformed face looks less like a face to a detector (BlazeFace,
:mod:`aigc_core.media.face_detector`), and lies far from every training face in the space of
:mod:`aigc_core.pipelines.faces.nearest`. The sum of both ranks decides. A face nearer to a training face than nearly all real
faces are may be copied, and comes last whatever its ranks.

Choosing shows the model at its best, not as it is: the rejects stay with the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace

from PIL import Image

from aigc_core import weights
from aigc_core.media import face_detector
from aigc_core.media.image import enlarge
from aigc_core.models.features import efficientnet_lite
from aigc_core.pipelines.faces import nearest as nearest_faces
from aigc_core.tasks.faces import MAX_COUNT, FaceScore, FacesRequest
from aigc_core.tasks.fields import seeds_from
from aigc_core.types import Events, Progress, Result

DETECTOR_SIDE = 256
"""Pixels to which faces are enlarged for the detector, which was trained on photos."""


def stream(draw: Callable[[FacesRequest], Events], request: FacesRequest) -> Events:
    """Draw ``candidates`` faces in portions and yield the ``count`` best of them, best first, with the others as rejects."""
    known = nearest_faces.load((yield from weights.ensure(nearest_faces.SOURCE))[0])
    features = nearest_faces.network((yield from weights.ensure(efficientnet_lite.SOURCE))[0])
    detector = face_detector.Detector((yield from face_detector.fetch()))
    drawn: list[Result] = []
    done = 0
    portions = [request.candidates - at for at in range(0, request.candidates, MAX_COUNT)]
    for i, left in enumerate(portions):
        walk = request.seed_to if i == 0 else None
        seed = seeds_from(request.seed, i * MAX_COUNT + 1)[-1]
        asked = replace(request, seed=seed, count=min(left, MAX_COUNT), candidates=0, seed_to=walk)
        begun = done
        with closing(draw(asked)) as drawing:
            for event in drawing:
                if isinstance(event, Result):
                    drawn.append(event)
                else:
                    done = begun + event.step
                    yield _renumbered(event, done)
    images = [image for result in drawn for image in result.output.images]
    seeds = [seed for result in drawn for seed in result.output.seeds]
    labels = [text for result in drawn for text in result.info.get("labels", ())]
    scores = measure(images, known, features, detector)
    order = ranked(scores, known.held_out[len(known.held_out) // 100].item())
    kept, left_out = order[: request.count], order[request.count :]
    output = replace(
        drawn[0].output,
        images=tuple(images[i] for i in kept),
        seeds=tuple(seeds[i] for i in kept),
        scores=tuple(scores[i] for i in order),
        rejects=tuple(images[i] for i in left_out),
        reject_seeds=tuple(seeds[i] for i in left_out),
    )
    yield Progress(step=done + 1, total=done + 1, preview=output)
    info = {**drawn[0].info, "drawn": len(images), **({"labels": [labels[i] for i in kept]} if labels else {})}
    yield Result(output=output, info=info)


def _renumbered(event: Progress, step: int) -> Progress:
    """The event as step ``step`` of a longer run; its preview is made when it is read."""
    return Progress(step=step, preview=lambda: event.preview, stage=event.stage, message=event.message)


def measure(
    images: Sequence[Image.Image],
    known: nearest_faces.Neighbours,
    features: efficientnet_lite.EfficientNetLite0,
    detector: face_detector.Detector,
) -> list[FaceScore]:
    """The two measures of each face; a face that the detector does not find scores 0."""
    mirrored = nearest_faces.embed(features, nearest_faces.mirrored(images))
    distances = known.distances(nearest_faces.embed(features, images), mirrored)
    found = [detector.find(enlarge(image, max(1, DETECTOR_SIDE // image.width))) for image in images]
    return [
        FaceScore(detector=round(float(faces[0].score), 4) if faces else 0.0, distance=round(float(distance), 4))
        for faces, distance in zip(found, distances, strict=True)
    ]


def ranked(scores: Sequence[FaceScore], copied: float) -> list[int]:
    """The faces' places, best first: by the sum of the ranks of detector and distance; what is nearer than ``copied`` comes last."""
    places = range(len(scores))
    by_detector = sorted(places, key=lambda i: -scores[i].detector)
    by_distance = sorted(places, key=lambda i: scores[i].distance)
    total = {i: by_detector.index(i) + by_distance.index(i) for i in places}
    return sorted(places, key=lambda i: (scores[i].distance < copied, total[i]))
