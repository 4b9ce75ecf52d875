"""Clear refusals: what a model cannot do is said, not passed over."""

from __future__ import annotations

from aigc_core.errors import InvalidRequestError
from aigc_core.requests import Request, default, limits

FACE_CONTROLS = ("sampler", "age", "smile", "gender", "brightness", "mix_seed")
"""Fields of a faces request that our own models alone understand."""
_DOES = {
    "FaceTrajectoryRequest": ("show a trajectory", "展示去噪轨迹", "faces-diffusion-128"),
    "SketchFaceRequest": ("start from a drawing", "从草图生成", "faces-diffusion-128"),
    "EditFaceRequest": ("edit a photo", "编辑照片", "faces-vae-64, faces-gan-128"),
    "NearestFacesRequest": ("be compared with its training faces", "与训练人脸比对", "faces-gan-128, faces-vae-64"),
}


def refuse(name: str, request: Request, *fields: str) -> None:
    """Complain about fields that are set and that the model has no use for.

    Raises:
        InvalidRequestError: names the model, the field and its value.
    """
    for field in fields:
        value = getattr(request, field)
        if value not in (None, "", default(type(request), field)):
            raise InvalidRequestError(
                f"{name} has no use for {field} (got {value!r}). Leave it empty or choose another model.",
                f"{name} 不支持 {limits(type(request), field).label_zh}（{field}，收到 {value!r}）。请留空或换一个模型。",
            )


def unserved(name: str, request: Request) -> InvalidRequestError:
    """The whole request is of a kind that the model does not answer."""
    does, does_zh, who = _DOES[type(request).__name__]
    return InvalidRequestError(
        f"{name} cannot {does}. Choose one of: {who}.", f"{name} 不能{does_zh}。可选：{who.replace(', ', '、')}。"
    )
