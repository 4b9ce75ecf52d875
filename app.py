"""``python app.py``: the whole suite in the browser. ``--help`` lists the flags."""

from demos import TABS
from demos.ui.page import main

if __name__ == "__main__":
    main(TABS)
