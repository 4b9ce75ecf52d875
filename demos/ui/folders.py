"""The app's own folder: results of runs, uploads and Gradio's copies; nothing else is ever served or deleted.

<root>/.aigc-studio              the marker: this folder is ours
<root>/runs/<32 hex>/<name>      a run's files; the folder is random, so two visitors never meet
<root>/uploads/<64 hex>/<name>   what visitors sent, under quotas
<root>/<64 hex>/<name>           Gradio's copies of pictures and sounds shown on the page
"""

from __future__ import annotations

import getpass
import logging
import os
import re
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from aigc_core.errors import InvalidRequestError
from aigc_core.jobs.place import NAME
from demos.ui.uploads import Ledger

log = logging.getLogger(__name__)

MARKER = ".aigc-studio"
AGE_S = 24 * 3600
TIDY_S = 60
RESULT_BYTES = 2_000_000_000
"""Room for results and copies together; the oldest go first."""
PARTIAL_AGE_S = 3600
"""A piece of an upload that broke off is kept this long."""
_OURS = re.compile(r"(runs/[0-9a-f]{32}|uploads/[0-9a-f]{64}|[0-9a-f]{64})/[^/\x00]+")
_RUN, _COPY = re.compile(r"[0-9a-f]{32}"), re.compile(r"[0-9a-f]{64}")
_PARTIAL = re.compile(r"tmp\w{6,12}")


@dataclass(kw_only=True)
class Folders:
    """One app's folder. Made by :func:`prepare`."""

    root: Path
    kept: set[Path] = field(default_factory=set)
    """Copies that the page itself shows from the start."""
    ledger: Ledger = field(default_factory=Ledger)
    held: Callable[[], Collection[str]] = tuple
    """Names of the runs that the ledger of jobs keeps: those have their own limits."""
    _tidied: float | None = None
    """Time of the last run that tidied up."""

    @property
    def uploads(self) -> Path:
        return self.root / "uploads"

    def new_run(self) -> Path:
        """A fresh folder that nobody can guess."""
        folder = self.root / "runs" / secrets.token_hex(16)
        folder.mkdir(mode=0o700)
        return folder

    def owns(self, path: str | Path) -> bool:
        """True for a regular file of one of the patterns above, by its name and on the disk."""
        text = os.fspath(path)
        with suppress(OSError, ValueError):
            inside = Path(text).relative_to(self.root).as_posix()
            if _OURS.fullmatch(inside) and not {"..", "."} & set(inside.split("/")):
                return stat.S_ISREG(os.lstat(text).st_mode) and not Path(text).parent.is_symlink()
        return False

    def tidy_now_and_then(self) -> None:
        """:meth:`tidy` once in :data:`TIDY_S`: it looks at every file, and nobody should wait for that after each run."""
        if self._tidied is None or time.monotonic() - self._tidied >= TIDY_S:
            self.tidy()
            self._tidied = time.monotonic()

    def tidy(self) -> None:
        """Delete our folders older than a day, the oldest results beyond two gigabytes, and broken-off uploads."""
        now, total, held = time.time(), 0, frozenset(self.held())
        results = (folder for folder in self._results() if folder.name not in held)
        for made, size, folder in sorted(_measured(results), reverse=True):
            total += size
            if folder not in self.kept and (now - made > AGE_S or total > RESULT_BYTES):
                shutil.rmtree(folder, ignore_errors=True)
        for made, _, folder in _measured(_named(self.uploads, _COPY)):
            if now - made > AGE_S:
                shutil.rmtree(folder, ignore_errors=True)
        for partial in _named(self.uploads, _PARTIAL):
            with suppress(OSError):
                if now - partial.lstat().st_mtime > PARTIAL_AGE_S:
                    partial.unlink()
        self.ledger.forget_missing()

    def delete_runs(self, names: Iterable[str]) -> None:
        """Delete the folders of runs."""
        for name in names:
            if _RUN.fullmatch(name):
                shutil.rmtree(self.root / "runs" / name, ignore_errors=True)

    def _results(self) -> Iterator[Path]:
        yield from _named(self.root / "runs", _RUN)
        yield from _named(self.root, _COPY)


def prepare(parent: Path | None = None) -> Folders:
    """The app's folder inside ``parent``, by default in the temporary directory; made where it is absent.

    Raises:
        InvalidRequestError: ``parent`` cannot be written, or holds something else of that name.
    """
    if parent is not None:
        return _prepare(parent.resolve() / NAME)
    try:
        return _prepare(_default())
    except InvalidRequestError as error:  # somebody took the name before us
        log.warning("%s", error)
        return _prepare(Path(tempfile.mkdtemp(prefix=f"{NAME}-")).resolve())


def _prepare(root: Path) -> Folders:
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            root.mkdir(mode=0o700)
        _check(root)
        root.chmod(0o700)
        (root / MARKER).write_text(
            "Files made by AIGC Studio. The app deletes the oldest; those of its list of jobs stay longest.\n", "utf-8"
        )
        for name in ("runs", "uploads"):
            (root / name).mkdir(mode=0o700, exist_ok=True)
            _check(root / name, marked=False)
    except OSError as error:
        raise InvalidRequestError(
            f"Files cannot be written to {root} ({error.strerror}). Choose another folder with --outputs.",
            f"无法写入 {root}（{error.strerror}），请用 --outputs 指定其他目录。",
        ) from error
    return Folders(root=root)


def _default() -> Path:
    """One folder a user: the temporary directory is shared, and what is in it may be anybody's."""
    who = str(os.getuid()) if hasattr(os, "getuid") else re.sub(r"\W", "_", getpass.getuser())
    return Path(tempfile.gettempdir()).resolve() / f"{NAME}-{who}"


def _check(folder: Path, *, marked: bool = True) -> None:
    found = folder.lstat()
    foreign = hasattr(os, "getuid") and found.st_uid != os.getuid()
    if not stat.S_ISDIR(found.st_mode) or foreign:
        raise InvalidRequestError(
            f"{folder} is a link or belongs to somebody else, so it is left alone. Choose another folder with --outputs.",
            f"{folder} 是链接或属于其他用户，程序不会使用它。请用 --outputs 指定其他目录。",
        )
    if marked and not (folder / MARKER).is_file() and any(folder.iterdir()):
        raise InvalidRequestError(
            f"{folder} holds files that this app did not make, so it is left alone. Choose another folder with --outputs.",
            f"{folder} 中有并非本程序生成的文件，程序不会使用它。请用 --outputs 指定其他目录。",
        )


def _named(folder: Path, pattern: re.Pattern[str]) -> Iterator[Path]:
    with suppress(OSError):
        yield from (path for path in sorted(folder.iterdir()) if pattern.fullmatch(path.name))


def _measured(folders: Iterable[Path]) -> list[tuple[float, int, Path]]:
    """Time of change, bytes and path of each folder; links are not followed."""
    found = []
    for folder in folders:
        with suppress(OSError):  # another process of this user may tidy at the same time
            status = folder.lstat()
            if stat.S_ISDIR(status.st_mode):
                size = sum(file.lstat().st_size for file in folder.rglob("*"))
                found.append((status.st_mtime, size, folder))
    return found
