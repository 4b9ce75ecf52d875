"""Turn the page into a web application: the door in front of Gradio's routes, its bundle, and where its uploads go."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from gradio import processing_utils
from starlette.middleware import Middleware

from demos.ui import bundle
from demos.ui.door import Door
from demos.ui.events import Page
from demos.ui.hosts import TrustedHosts


def app_options(page: Page, hosts: TrustedHosts) -> dict[str, Any]:
    """Keyword arguments of the FastAPI application that Gradio makes."""
    processing_utils.hash_seed = secrets.token_bytes(
        32
    )  # names of uploads and copies: else a digest anybody can compute

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        app.uploaded_file_dir = str(page.studio.folders.uploads)
        page.studio.resume_in_background()
        yield

    @cache
    def head() -> bytes:
        return bundle.announced(bundle.needed(page.first_types()))

    middleware = [Middleware(Door, hosts=hosts, page=lambda: page), Middleware(bundle.Bundle, head=head)]
    return {"middleware": middleware, "lifespan": lifespan}
