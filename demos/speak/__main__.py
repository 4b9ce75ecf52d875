"""``python -m demos.speak``: this tab alone."""

from demos.ui.page import main

main(["speak"])
