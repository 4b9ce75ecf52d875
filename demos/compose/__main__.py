"""``python -m demos.compose``: this tab alone."""

from demos.ui.page import main

main(["compose"])
