"""``python -m demos.inpaint``: this tab alone."""

from demos.ui.page import main

main(["inpaint"])
