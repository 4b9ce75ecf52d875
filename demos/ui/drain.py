"""The end of a running app: on SIGTERM it takes no more jobs, lets those that run come to their end, and leaves with status 0."""

from __future__ import annotations

import logging
import signal
import threading
import time
from typing import Any

log = logging.getLogger(__name__)
SENT_S = 3.0
"""Longest time that the last answers are given to reach their pages."""
LOOK_S = 0.1


class Drain:
    """Hears SIGTERM from its making on; :meth:`wait` then ends the app.

    Args:
        grace_s: Seconds that jobs are given; those that are not done by then end with the program.
    """

    def __init__(self, studio: Any, grace_s: float) -> None:
        self._studio, self._grace_s = studio, grace_s
        self._asked = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: self._asked.set())

    def wait(self, demo: Any) -> None:
        """Serve until the app is ended: by SIGTERM, or by Ctrl-C, which ends it at once."""
        try:
            while demo.is_running and not self._asked.wait(LOOK_S):
                pass
            if self._asked.is_set():
                self._finish(demo)
        except KeyboardInterrupt:
            log.info("interrupted")
        demo.close(verbose=False)

    def _finish(self, demo: Any) -> None:
        lanes = self._studio.lanes
        lanes.close()
        left = lanes.load()
        log.info("asked to end: %d jobs are given %.0f s", left.waiting + left.running, self._grace_s)
        done = lanes.idle(self._grace_s)
        end = time.monotonic() + SENT_S
        while done and demo._queue.event_ids_to_events and time.monotonic() < end:
            time.sleep(LOOK_S)
        log.info("ended with all jobs done" if done else "ended with jobs undone")
