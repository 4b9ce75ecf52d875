"""``python -m aigc_core TASK …``, installed ``aigc TASK …``: see :mod:`aigc_core.cli`."""

import sys

from aigc_core import cli
from aigc_core.terminal import guarded


def main() -> int:
    """Run a command and return its exit status."""
    return guarded(cli.main)


if __name__ == "__main__":
    sys.exit(main())
