"""``python -m demos.faces``: this tab alone."""

from demos.ui.page import main

main(["faces"])
