"""``python -m demos.continue_text``: this tab alone."""

from demos.ui.page import main

main(["continue_text"])
