"""What the tests start can be ended by Ctrl-C, however the tests themselves were started."""

from __future__ import annotations

import signal
import subprocess
import sys


def test_a_program_started_by_a_test_hears_ctrl_c() -> None:
    told = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
    assert subprocess.check_output([sys.executable, "-c", told], text=True).strip() == "True"
