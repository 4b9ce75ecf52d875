"""Clear refusals: what a model cannot do is said, not passed over."""

from __future__ import annotations

from collections.abc import Sequence

from aigc_core.errors import InvalidRequestError
from aigc_core.nlp.scripts import HAN, LATIN, dominant
from aigc_core.tasks.fields import default, limits
from aigc_core.tasks.request import Request
from aigc_core.types import ModelSpec

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


_READ = {"ContinueTextRequest": "prompt", "ChatRequest": "message", "SummarizeRequest": "text"}
"""The field of a request whose language the model must know."""
_SCRIPT_OF = {"en": LATIN, "zh": HAN}
_KNOWS = {"en": ("English", "英文"), "zh": ("Chinese", "中文")}
_WRITTEN = {LATIN: ("in Latin letters", "拉丁字母"), HAN: ("Chinese", "汉字"), "": ("in another script", "其他文字")}


def check_language(request: Request, spec: ModelSpec, rows: Sequence[ModelSpec]) -> None:
    """Complain about a text in a script that the model has never learned to read; mixed texts pass.

    Rows with one language read its script alone; those with several are taken to read any.

    Args:
        rows: All models of the task, of which those that can read the text are named.

    Raises:
        InvalidRequestError: names the model, what it knows, the text's script and its share, and who can.
    """
    name = _READ.get(type(request).__name__, "")
    found = dominant(getattr(request, name)) if name else None
    if found is None or _reads(spec, found.script):
        return
    known, known_zh = _KNOWS[spec.languages[0]]
    written, written_zh = _WRITTEN[found.script]
    able = [row.name for row in rows if _reads(row, found.script)]
    field = limits(type(request), name)
    raise InvalidRequestError(
        f"{spec.name} knows {known} only, and {name} is {written} ({found.share:.0%} of its letters). "
        + (f"Choose one of: {', '.join(able)}." if able else f"Please write in {known}."),
        f"{spec.name} 只懂{known_zh}，而{field.label_zh}（{name}）中 {found.share:.0%} 的字符为{written_zh}。"
        + (f"可改用：{'、'.join(able)}。" if able else f"请改用{known_zh}。"),
    )


def _reads(spec: ModelSpec, script: str) -> bool:
    return len(spec.languages) != 1 or _SCRIPT_OF.get(spec.languages[0]) == script
