"""``python -m demos faces compose``, installed ``aigc-studio faces compose``: some tabs in one page, or all; flags as of ``app.py``."""

import sys
from itertools import takewhile

from demos import TABS
from demos.ui import page


def main() -> None:
    """Serve the tabs that are named before the first flag."""
    names = list(takewhile(lambda argument: not argument.startswith("-"), sys.argv[1:]))
    page.main(names or TABS, sys.argv[1 + len(names) :])


if __name__ == "__main__":
    main()
