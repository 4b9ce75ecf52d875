"""Check the inputs of every event before Gradio looks at them.

Gradio takes any object with a path in it for a file, wherever it stands: it fetches what looks like an address and copies the
rest. Here only inputs made for files may hold any, by the path of an upload alone; everywhere else an object is an object,
which the limits of a request answer in words.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import gradio as gr

from aigc_core.errors import AigcError, InvalidRequestError
from demos.ui import player

log = logging.getLogger(__name__)
MAX_DEPTH = 16
"""Levels of an input; a canvas has five."""


class Page(gr.Blocks):
    """Blocks whose events take nothing but what their inputs are for, and fail in words."""

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Check, then let Gradio preprocess.

        Raises:
            InvalidRequestError: the inputs are not what this event takes.
        """
        if len(inputs) == len(block_fn.inputs):
            inputs = [admit(block, value) for block, value in zip(block_fn.inputs, inputs, strict=True)]
        try:
            ready: list[Any] = await super().preprocess_data(block_fn, inputs, *args, **kwargs)
        except (AigcError, gr.Error):
            raise
        except Exception as error:  # of Gradio's own checks, whose messages name paths and classes of the server
            log.info("inputs refused: %s", type(error).__name__)
            raise refused() from error
        return ready

    async def process_api(self, block_fn: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Run an event; whatever goes wrong ends as a message in words.

        Raises:
            gr.Error: says what was wrong.
        """
        fn = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
        try:
            if fn.fn is None:  # an event of the page's script alone
                raise refused()
            _complete(kwargs.get("event_data"))
            answer: dict[str, Any] = await super().process_api(fn, *args, **kwargs)
        except gr.Error as error:
            error.print_exception = False
            raise
        except (Exception, SystemExit) as error:
            raise gr.Error(player.explain(error)[0], print_exception=False) from error
        return answer


def refused() -> InvalidRequestError:
    """For inputs that no page of ours sends."""
    return InvalidRequestError(
        "This event got inputs of another form than it takes. Reload the page and try again.",
        "该操作收到的输入格式不正确，请刷新页面后重试。",
    )


def _complete(event: Any) -> None:
    """Gradio reads these keys of what comes with a click without looking whether they are there."""
    if event is not None:
        sent = event._data if isinstance(event._data, dict) else {}
        event._data = {"index": None, "value": None, "previous_value": None, **without_files(sent)}


def admit(block: Any, value: Any) -> Any:
    """The part of ``value`` that may reach ``block``.

    Raises:
        InvalidRequestError: a file that is not an upload.
    """
    if getattr(block, "takes_files", False):
        return uploads_only(value)
    own = getattr(block, "admit", None)
    return without_files(value) if own is None else own(value)


def without_files(value: Any, depth: int = MAX_DEPTH) -> Any:
    """``value`` without the keys that make Gradio see a file or an update of a component in an object."""
    if not isinstance(value, (dict, list)):
        return value
    if depth <= 0:
        raise refused()
    if isinstance(value, list):
        return [without_files(inner, depth - 1) for inner in value]
    return {key: without_files(inner, depth - 1) for key, inner in value.items() if key not in ("meta", "__type__")}


def uploads_only(value: Any, depth: int = MAX_DEPTH) -> Any:
    """``value`` with each file as Gradio's own, which must lie in the folder of uploads; addresses are refused."""
    if not isinstance(value, (dict, list)):
        return value if value is None or isinstance(value, (bool, int, float)) else _text(value)
    if depth <= 0:
        raise refused()
    if isinstance(value, list):
        return [uploads_only(inner, depth - 1) for inner in value]
    if "path" in value or "url" in value:
        return _file(value)
    return {key: uploads_only(inner, depth - 1) for key, inner in value.items() if key not in ("meta", "__type__")}


def _text(value: Any) -> Any:
    """An identifier of a canvas may be text; a path stands in an object or nowhere."""
    if isinstance(value, str) and len(value) <= 100 and "/" not in value and "\\" not in value and ":" not in value:
        return value
    raise refused()


def _file(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The named keys alone, marked as a file so that Gradio looks where it lies."""
    path = sent.get("path")
    if not isinstance(path, str) or not path or "://" in path or "\0" in path:
        raise InvalidRequestError(
            "A file must be uploaded here; an address is not fetched.", "请上传文件；不会从网址获取文件。"
        )
    name = sent.get("orig_name")
    return {"path": path, "orig_name": name if isinstance(name, str) else None, "meta": {"_type": "gradio.FileData"}}
