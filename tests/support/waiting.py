"""Waiting for a state of a page in a browser, in the place of a look at it that may come too early."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import TimeoutError


def expect_to_fit(page: Any) -> None:
    """Wait until the page is no wider than its window: nothing scrolls sideways."""
    try:
        page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
    except TimeoutError:
        width, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        pytest.fail(f"{page.url} is {width} px wide, in a window of {window} px")


def place(element: Any, across: float, down: float) -> dict[str, float]:
    """The ``position`` of a click on an element, from parts of its width and height; the element may move meanwhile."""
    box = element.bounding_box()
    return {"x": box["width"] * across, "y": box["height"] * down}


def expect_to_move_on(page: Any, selector: str, pixels: float) -> None:
    """Wait until an element with ``style.left`` stands so many pixels to the right of where it was seen."""
    page.wait_for_function(
        f"""() => {{
          const left = parseFloat(document.querySelector({json.dumps(selector)}).style.left);
          window.seenLeft = Math.min(window.seenLeft ?? left, left);
          return left > window.seenLeft + {pixels};
        }}"""
    )
