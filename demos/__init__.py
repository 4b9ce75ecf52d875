"""One folder a tab. Its ``tab.py`` has ``TITLE: Text`` and ``build(studio: Studio) -> None``.

``TABS`` are those that the page shows, in order: the start page, the course, every other task that has a tab, and the list of jobs. Each
runs alone, as ``python -m demos.faces`` or ``python -m demos faces``.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

from aigc_core.tasks import TASKS
from aigc_core.terminal import say
from demos.ui import network, stubs

network.spare()  # gradio makes HTTP clients when it is imported
stubs.leave_out()
if sys.argv[0] == "-m" and find_spec("gradio") is None:  # python -m demos.<tab> imports it before anything can be said
    say("error: the Python package gradio is not installed: pip install -r requirements.txt")
    raise SystemExit(2)

_WITH_TABS = [task for task in TASKS if (Path(__file__).parent / task / "tab.py").is_file()]
TABS = ("home", *sorted(_WITH_TABS, key=lambda task: task != "learn"), "jobs")
