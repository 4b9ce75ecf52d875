"""``python -m demos.home``: this tab alone."""

from demos.ui.page import main

main(["home"])
