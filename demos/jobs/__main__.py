"""``python -m demos.jobs``: this tab alone."""

from demos.ui.page import main

main(["jobs"])
