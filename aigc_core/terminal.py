"""Standard output and standard error as commands need them: whatever the terminal's encoding, closed, full or a broken pipe.

Every entry point runs inside :func:`guarded`. Results go through :func:`out`, everything else through :func:`say`.
"""

from __future__ import annotations

import argparse
import errno
import io
import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

from aigc_core.errors import AigcError

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # all but tab and line feed
_FAILED, _BROKEN_PIPE, _INTERRUPTED = 2, 128 + 13, 128 + 2  # the shell's numbers for SIGPIPE and SIGINT


def guarded(entry: Callable[[], int | None], *, prints: bool = True) -> int:
    """Run a command; what can be foreseen becomes one line and an exit status.

    Args:
        prints: Whether standard output is what it is run for; if not, a closed one is nothing to fail at.

    Returns:
        The command's own status; 2 after an error, 130 after Ctrl-C, 141 after a reader that hung up.
    """
    prepare(prints)
    try:
        code = _status(entry)
    except BrokenPipeError:
        code = _BROKEN_PIPE  # ``| head`` has seen enough, and there is nobody to tell
    except KeyboardInterrupt:
        say("\nstopped")
        code = _INTERRUPTED
    except MemoryError:
        code = _fail("not enough memory. Close other programs, or choose a smaller model.")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] in ("aigc_core", "demos"):
            raise
        code = _fail(f"the Python package {error.name} is not installed: pip install -r requirements.txt")
    except OSError as error:  # a folder that cannot be written, a disk that is full
        code = _fail(reason(error))
    except AigcError as error:
        code = _fail(str(error))
    return _closed(code)


def _status(entry: Callable[[], int | None]) -> int:
    """Run ``entry``; argparse ends with SystemExit, which must not pass by the last flush."""
    try:
        return entry() or 0
    except SystemExit as stop:
        if isinstance(stop.code, str):
            return _fail(stop.code)
        return stop.code or 0


class Parser(argparse.ArgumentParser):
    """Says what is wrong with an option in one line; ``--help`` shows the rest."""

    def error(self, message: str) -> NoReturn:
        say(f"error: {one_line(message)} (see {self.prog} --help)")
        raise SystemExit(_FAILED)


def _fail(text: str) -> int:
    say(f"error: {one_line(text)}")
    return _FAILED


def reason(error: OSError) -> str:
    """The system's words for an error, with the file it is about."""
    words = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {words}" if error.filename is not None else words


def prepare(prints: bool = True) -> None:
    """Make the standard streams safe to write to.

    What an encoding cannot show becomes an escape (``\\u4f60``). The numbers of closed streams are taken, so that no file
    that is opened later gets them and then what libraries print.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number
    if sys.stdout is None:
        sys.stdout = _Closed() if prints else open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - stays open as long as the process
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError, OSError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


class _Closed(io.TextIOBase):
    """Stands in for a standard output that was closed before the start: says so when it is written to."""

    def write(self, text: str) -> int:
        raise OSError(errno.EBADF, "standard output is closed")


def out(text: str) -> None:
    """Print a result on standard output, at once; on a terminal with its control characters escaped.

    Raises:
        OSError: it is closed or full, or its reader has gone.
    """
    shown = escaped(text) if sys.stdout.isatty() else text  # a program that reads gets what was made
    try:
        print(shown, flush=True)
    except OSError as error:
        closed = error.errno == errno.EBADF
        words = "standard output is closed" if closed else f"standard output cannot be written: {reason(error)}"
        raise OSError(error.errno, words) from error


def say(text: str, end: str = "\n") -> None:
    """Print a remark on standard error, control characters escaped; if it cannot be printed, that is no reason to stop."""
    _remark(escaped(text) + end)


def status(text: str = "") -> None:
    """Replace the progress line of a terminal; without a text it goes away."""
    if sys.stderr.isatty():
        _remark(f"\r\x1b[K{escaped(text)}")


def _remark(text: str) -> None:
    try:
        print(text, end="", file=sys.stderr, flush=True)
    except (OSError, ValueError):
        _silence(sys.stderr)


def _closed(code: int) -> int:
    """Flush what is left, so that the interpreter finds nothing to complain about when it ends; the status to end with."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = code or _BROKEN_PIPE
        _silence(sys.stdout)
    except (OSError, ValueError) as error:
        said = reason(error) if isinstance(error, OSError) else str(error)
        code = code or _fail(f"standard output cannot be written: {said}")
        _silence(sys.stdout)
    try:
        sys.stderr.flush()
    except (OSError, ValueError):
        _silence(sys.stderr)
    return code


def _silence(stream: Any) -> None:
    """Send a stream that fails, and what it still holds, nowhere."""
    with suppress(AttributeError, OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        stream.flush()


def one_line(text: str) -> str:
    """A message in one line, control characters escaped: file names and answers of servers may hold anything."""
    return escaped(" ".join(part.strip() for part in text.splitlines() if part.strip()) or text)


def escaped(text: str) -> str:
    """Control characters as ``\\x1b``, so that text cannot steer the terminal."""
    return _CONTROL.sub(lambda match: ascii(match[0])[1:-1], text)
