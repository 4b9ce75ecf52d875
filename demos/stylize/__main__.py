"""``python -m demos.stylize``: this tab alone."""

from demos.ui.page import main

main(["stylize"])
