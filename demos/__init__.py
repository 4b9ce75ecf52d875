"""One tab per module. ``TABS`` is their display order: the one line to add for a new tab.

A tab module has ``TITLE: Text`` and ``build(studio: Studio) -> None``, and runs alone: ``python -m demos.faces``.
"""

TABS = ("home", "faces", "stylize", "inpaint", "continue_text", "chat", "summarize", "compose", "speak")
