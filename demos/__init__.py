"""One tab per module. ``TABS`` is their display order: the one line to add for a new tab.

A tab module has ``TITLE: Text`` and ``build(studio: Studio) -> None``, and runs alone: ``python -m demos.faces``.
"""

import sys
from importlib.util import find_spec

from aigc_core.terminal import say
from demos.ui import network

network.spare()  # gradio makes HTTP clients when it is imported
if sys.argv[0] == "-m" and find_spec("gradio") is None:  # python -m demos.<tab> imports it before anything can be said
    say("error: the Python package gradio is not installed: pip install -r requirements.txt")
    raise SystemExit(2)

TABS = ("home", "faces", "stylize", "inpaint", "continue_text", "chat", "summarize", "compose", "speak")
