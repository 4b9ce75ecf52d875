"""``python toy_server.py OUTPUTS open|held [FLAG …]``: the toy app in a process of its own, to be killed; it prints its address.

``held`` lets jobs whose prompt is "held" wait for ever.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from toy_app import served
from toys import Squares

if __name__ == "__main__":
    outputs, gate, *flags = sys.argv[1:]
    if gate == "open":
        Squares.gate.set()
    with served(Path(outputs), *flags) as url:
        print(f"SERVES {url}", flush=True)
        threading.Event().wait()
