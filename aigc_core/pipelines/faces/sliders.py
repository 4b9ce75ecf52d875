"""Attribute sliders: directions in a latent space along which age, smile, gender or brightness change.

They are fitted by :mod:`aigc_core.training.face_directions` and kept as ``directions.safetensors`` beside the weights: the
average change of the latent when one attribute grows by a standard deviation while the others stay the same.
"""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from aigc_core.datasets.face_labels import DIRECTIONS_FILE
from aigc_core.errors import InvalidRequestError
from aigc_core.tasks.faces import DIRECTIONS, EditFaceRequest, FacesRequest


class Sliders:
    """The slider directions of a checkpoint; none where it has no file of them.

    Args:
        folder: The checkpoint.
        shape: Shape of a latent without the batch.
    """

    def __init__(self, folder: Path, shape: tuple[int, ...]) -> None:
        from safetensors.torch import load_file

        file = folder / DIRECTIONS_FILE
        known = load_file(file) if file.exists() else {}
        self.shape = shape
        self.directions = {name: known[name].float().view(1, *shape) for name in DIRECTIONS if name in known}

    def shift(self, name: str, request: FacesRequest | EditFaceRequest) -> Tensor | None:
        """The change of a latent that the sliders ask for, (1, …); None while all are at 0.

        Raises:
            InvalidRequestError: the checkpoint has no direction for a slider that is set.
        """
        total: Tensor | None = None
        for field in DIRECTIONS:
            value = getattr(request, field)
            if not value:
                continue
            if field not in self.directions:
                raise InvalidRequestError(
                    f"{name} has no direction for {field} (got {value:g}). Leave it at 0 or choose another model.",
                    f"{name} 没有属性 {field} 的方向（收到 {value:g}）。请设为 0 或换一个模型。",
                )
            step = value * self.directions[field]
            total = step if total is None else total + step
        return total
