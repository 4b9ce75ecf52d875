"""What operators and their machines look at: ``/health``, ``/metrics``, the headers of every answer, and the page for "busy".

``/health`` is for anybody who may reach the app. ``/metrics`` is for this machine and its private network alone, and never
through a proxy, which would make it public.
"""

from __future__ import annotations

import ipaddress
import json
import math
import os
from collections.abc import Mapping
from typing import NamedTuple

from demos.ui import assets
from demos.ui.metrics import TYPE
from demos.ui.studio import Studio

HEALTH, METRICS = "/health", "/metrics"
FRAMES = ("https://huggingface.co", "https://*.hf.space")
"""Where a Space's page stands in a frame."""
Headers = list[tuple[bytes, bytes]]


class Answer(NamedTuple):
    """A whole answer."""

    status: int
    type: str
    content: str
    headers: Headers = []  # noqa: RUF012 - never changed


def policy() -> str:
    """The content security policy that Gradio's page works under.

    It writes scripts and styles into the page and makes functions of the ``js`` of events: both must be allowed. Everything
    comes from this server; nothing may be sent to another.
    """
    frames = " ".join(("'self'", *FRAMES)) if os.environ.get("SPACE_ID") else "'self'"
    rules = {
        "default-src": "'self'",
        "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "media-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self' data: blob:",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": frames,
    }
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())


def headers() -> Headers:
    """The headers of every answer."""
    named = {
        "content-security-policy": policy(),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
    }
    return [(name.encode(), value.encode()) for name, value in named.items()]


def answer(studio: Studio, path: str, client: str, sent: Mapping[str, str]) -> Answer | None:
    """The answer to a look at ``/health`` or ``/metrics``; None for other paths, and where the metrics are not to be seen."""
    draining = studio.lanes.closed
    if path == HEALTH:
        return Answer(
            503 if draining else 200, "application/json", json.dumps({"status": "draining" if draining else "ok"})
        )
    if path == METRICS and _is_near(client) and "x-forwarded-for" not in sent:
        return Answer(200, TYPE, studio.metrics.text(studio.lanes.load(), draining=draining))
    return None


def busy_page(retry_s: float) -> Answer:
    """What a browser shows in the place of the page while the app takes no more jobs; it tries again by itself."""
    retry = str(math.ceil(retry_s))
    return Answer(
        503, "text/html; charset=utf-8", assets.read("ui", "busy.html").replace("{retry}", retry), retry_after(retry_s)
    )


def retry_after(seconds: float) -> Headers:
    """When it is worth another try."""
    return [(b"retry-after", str(math.ceil(seconds)).encode())]


def _is_near(client: str) -> bool:
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_private
