"""``python -m aigc_core TASK …``: see :mod:`aigc_core.cli`."""

import sys

from aigc_core.cli import guarded, main

sys.exit(guarded(main))
