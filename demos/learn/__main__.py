"""``python -m demos.learn``: this tab alone."""

from demos.ui.page import main

main(["learn"])
