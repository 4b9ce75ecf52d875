"""One file a task: its requests and its outputs. The list of tasks lives here and nowhere else."""

from __future__ import annotations

from aigc_core.errors import InvalidRequestError
from aigc_core.tasks.chat import ChatRequest, InspectReplyRequest
from aigc_core.tasks.compose import ComposeRequest
from aigc_core.tasks.continue_text import AttentionRequest, ContinueTextRequest, InspectTextRequest, WatermarkRequest
from aigc_core.tasks.faces import (
    EditFaceRequest,
    FacesRequest,
    FaceTrajectoryRequest,
    NearestFacesRequest,
    SketchFaceRequest,
)
from aigc_core.tasks.fields import MAX_SEED as MAX_SEED
from aigc_core.tasks.fields import default as default
from aigc_core.tasks.fields import limits as limits
from aigc_core.tasks.inpaint import InpaintRequest
from aigc_core.tasks.request import Request
from aigc_core.tasks.speak import SpeakRequest
from aigc_core.tasks.stylize import StylizeRequest
from aigc_core.tasks.summarize import SummarizeRequest

REQUESTS: tuple[type[Request], ...] = (
    FacesRequest, StylizeRequest, InpaintRequest, ContinueTextRequest, ChatRequest, SummarizeRequest, ComposeRequest,
    SpeakRequest,
)  # fmt: skip


SIDE_REQUESTS: tuple[type[Request], ...] = (
    FaceTrajectoryRequest, EditFaceRequest, SketchFaceRequest, NearestFacesRequest, InspectTextRequest, WatermarkRequest,
    AttentionRequest, InspectReplyRequest,
)  # fmt: skip
"""Other questions that a task's pipelines answer; their recipes name the class."""


def request_type(task: str, kind: str = "") -> type[Request]:
    """The request class of a task, or the side request of it called ``kind``.

    Raises:
        InvalidRequestError: there is no such task, or no such request of it.
    """
    for cls in SIDE_REQUESTS if kind else REQUESTS:
        if cls.task == task and kind in ("", cls.__name__):
            return cls
    if kind:
        known = ", ".join(cls.__name__ for cls in SIDE_REQUESTS if cls.task == task)
        raise InvalidRequestError(
            f"The task {task!r:.60} has no request {kind!r:.60}. It has: {known or 'none'}.",
            f"任务 {task!r:.60} 没有名为 {kind!r:.60} 的请求。可用：{known or '无'}。",
        )
    raise InvalidRequestError(
        f"There is no task {task!r:.60}. Tasks: {', '.join(c.task for c in REQUESTS)}.",
        f"没有名为 {task!r:.60} 的任务。可用任务：{'、'.join(c.task for c in REQUESTS)}。",
    )
