"""``python -m demos faces compose``: some tabs in one page; flags as of ``app.py``."""

import sys
from itertools import takewhile

from demos import TABS
from demos.ui.page import main

names = list(takewhile(lambda argument: not argument.startswith("-"), sys.argv[1:]))
main(names or TABS, sys.argv[1 + len(names) :])
