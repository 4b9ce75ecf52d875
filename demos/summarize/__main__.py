"""``python -m demos.summarize``: this tab alone."""

from demos.ui.page import main

main(["summarize"])
