"""``python -m demos.chat``: this tab alone."""

from demos.ui.page import main

main(["chat"])
