"""``python -m aigc_core TASK …``: see :mod:`aigc_core.cli`."""

import sys

from aigc_core.cli import main
from aigc_core.terminal import guarded

sys.exit(guarded(main))
