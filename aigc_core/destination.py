"""The command line's output files: names from ``--out``, checks before a model runs, and atomic writes.

Nothing is overwritten unasked. A result's files are made in a folder of their own beside the target and linked into place,
which fails where a name is taken; what cannot be placed is kept elsewhere.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from aigc_core import export
from aigc_core.errors import AigcError, InvalidRequestError
from aigc_core.tasks.request import Request
from aigc_core.terminal import reason
from aigc_core.types import Result

_STAGED = "result"
FORMATS = frozenset(
    ".png .jpg .jpeg .webp .gif .bmp .tif .tiff .svg .wav .mp3 .flac .ogg .opus .m4a .aac .mid .midi .mp4 .webm .mov "
    ".avi .json .jsonl .md .txt .html .csv .xml .pdf .docx .zip".split()
)
"""Endings that mean a format: where the task does not write it, its own take their place. Any other is part of the name."""


@dataclass(frozen=True, kw_only=True)
class Destination:
    """The names that the files of one result will have: ``folder / (stem + ending)``."""

    folder: Path
    stem: str
    endings: tuple[str, ...]
    """File endings that the task may write, its main file's first."""
    typed: str = ""
    """The ending asked for, as it was typed: ``.PNG``; the file of this format takes it."""
    chosen: bool = False
    """True if the stem was chosen here, so that the next free one may be taken instead."""
    force: bool = False
    """True if existing files may be replaced."""
    note: str = ""
    """Remarks for the user about the names."""

    def names(self) -> list[Path]:
        """Every file that may be written."""
        return [self._path(ending) for ending in self.endings]

    def _path(self, ending: str) -> Path:
        return self.folder / (self.stem + (self.typed if ending == self.typed.lower() else ending))

    @contextmanager
    def ready(self) -> Iterator[Destination]:
        """Make the folder and hold it to be writable; when the block fails, folders made for it go away again.

        Yields:
            The destination with a stem that is free.

        Raises:
            InvalidRequestError: a file is there already, or the folder or a name cannot be used.
        """
        made = _make(self.folder)
        try:
            free = self._free()
            free._check()
            yield free
        except BaseException:
            for folder in made:
                with suppress(OSError):  # not empty: something was written after all
                    folder.rmdir()
            raise

    def _free(self) -> Destination:
        if not self.chosen or self.force:
            return self
        stems = (self.stem if i == 1 else f"{self.stem}-{i}" for i in count(1))
        candidates = (replace(self, stem=stem) for stem in stems)
        return next(c for c in candidates if not any(os.path.lexists(name) for name in c.names()))

    def _check(self) -> None:
        longest = max((name.name for name in self.names()), key=lambda name: len(os.fsencode(name)))
        limit = os.pathconf(self.folder, "PC_NAME_MAX") if hasattr(os, "pathconf") else 255
        if (got := len(os.fsencode(longest))) > limit:
            raise InvalidRequestError(
                f"The file name {longest[:40]}… is too long: {got} bytes, {self.folder} allows {limit}. "
                "Choose a shorter --out.",
                f"文件名 {longest[:40]}… 过长：{got} 字节，{self.folder} 最多允许 {limit} 字节。请用 --out 指定更短的名称。",
            )
        for name in self.names():
            if os.path.lexists(name) and (not self.force or not (name.is_file() or name.is_symlink())):
                raise _taken(name)

    def write(self, result: Result, role: str = "") -> list[Path]:
        """Write every file of a result, or none.

        Args:
            role: Write only this file, such as ``face-3``, under the stem alone.

        Raises:
            InvalidRequestError: they cannot be written here; says where they are kept instead.
        """
        try:
            with tempfile.TemporaryDirectory(prefix=".aigc-", dir=self.folder, ignore_cleanup_errors=True) as staging:
                files = export.save(result.output, result.recipe, Path(staging) / _STAGED)
                if role in files:
                    return self._place({files[role]: files[role].suffix})
                return self._place({file: file.name.removeprefix(_STAGED) for file in files.values()})
        except OSError as error:
            raise _kept(result, self.folder, error) from error

    def _place(self, files: Mapping[Path, str]) -> list[Path]:
        """Give files, by their endings, their names; a chosen stem that somebody took meanwhile is chosen again."""
        while True:
            try:
                return _move([(file, self._path(ending)) for file, ending in files.items()], self.force)
            except FileExistsError:
                free = self._free()
                if free == self:
                    raise
                return free._place(files)


def plan(out: str | None, request: Request, *, force: bool = False, part: bool = False) -> Destination:
    """Resolve ``--out`` for a request.

    An existing folder, and a name that ends in a slash, mean a name of our choice inside it, and so does None in the current
    folder. Only an ending that the task writes is one, in upper or lower case; ``res-0.8`` has none.

    Args:
        part: Only one picture of the result is wanted.

    Raises:
        InvalidRequestError: the name can mean no file, or the result is not one for files.
    """
    endings = export.endings(request)
    if part:
        endings = (".png",)  # of several files of a result, those that have a recipe of their own are pictures
    given = "" if out is None else out
    if out is not None and (not out.strip() or "\0" in out or out == "-"):
        raise InvalidRequestError(
            f"--out needs the name of a file or folder; got {out!r}.", f"--out 需要文件或文件夹的名称，收到 {out!r}。"
        )
    if out is None or os.path.basename(out) in ("", ".", "..") or os.path.isdir(out):
        stem = f"{request.task}-{request.seed}"
        return Destination(folder=Path(given), stem=stem, endings=endings, chosen=True, force=force)
    file = Path(out)
    if os.path.lexists(file) and not (file.is_file() or file.is_symlink()):
        raise InvalidRequestError(
            f"{out} is a device or a pipe. Give --out the name of a file or folder.",
            f"{out} 是设备或管道，请用 --out 指定文件或文件夹。",
        )
    ending, note = file.suffix, ""
    plain = sorted({e for e in endings if e.startswith(".")})
    if ending.lower() not in plain and ending.lower() in FORMATS:
        note = f"{file.name} cannot be written, this task makes {', '.join(plain)}"
    elif ending.lower() not in plain:
        return Destination(folder=file.parent, stem=file.name, endings=endings, force=force)
    typed = "" if note else ending
    return Destination(folder=file.parent, stem=file.stem, endings=endings, typed=typed, force=force, note=note)


def _make(folder: Path) -> list[Path]:
    """Make a folder and try to write in it; the folders that were not there before, the innermost first."""
    try:
        made = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryDirectory(prefix=".aigc-", dir=folder).cleanup()
    except OSError as error:
        words = error.strerror or str(error)
        raise InvalidRequestError(
            f"Nothing can be written to {folder}: {words}. Choose another folder with --out.",
            f"无法写入 {folder}：{words}。请用 --out 指定其他文件夹。",
        ) from error
    return made


def _taken(name: Path) -> InvalidRequestError:
    if name.is_dir() or not (name.is_file() or name.is_symlink()):
        return InvalidRequestError(
            f"{name} is there already, and not a file. Choose another name with --out.",
            f"{name} 已存在且不是普通文件，请用 --out 换一个名称。",
        )
    return InvalidRequestError(
        f"{name} exists already. Choose another name with --out, or replace it with --force.",
        f"{name} 已存在。请用 --out 换一个名称，或用 --force 覆盖。",
    )


def _move(pairs: Sequence[tuple[Path, Path]], force: bool) -> list[Path]:
    """Rename or link all files to their names, or none of them."""
    placed: list[Path] = []
    try:
        for file, target in pairs:
            if force:
                os.replace(file, target)
            else:
                _link(file, target)
            placed.append(target)
    except BaseException:
        for target in [] if force else placed:
            target.unlink(missing_ok=True)
        raise
    return placed


def _link(file: Path, target: Path) -> None:
    """Give a file a second name, which must be free."""
    try:
        os.link(file, target)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):  # a file system without links
        with file.open("rb") as source, target.open("xb") as copy:
            try:
                shutil.copyfileobj(source, copy)
            except BaseException:
                target.unlink(missing_ok=True)
                raise


def _kept(result: Result, folder: Path, error: OSError) -> AigcError:
    """Save what was made where it can be saved; the error to raise."""
    made, words = result.recipe, error.strerror or str(error)
    try:
        kept = Path(tempfile.mkdtemp(prefix="aigc-"))
        export.save(result.output, made, kept / f"{made['task']}-{made['seed']}")
    except OSError as second:
        return InvalidRequestError(
            f"The result could not be written to {folder}: {words}; nor kept elsewhere: {reason(second)}.",
            f"结果无法写入 {folder}：{words}；也无法保存到别处：{reason(second)}。",
        )
    return InvalidRequestError(
        f"The result could not be written to {folder}: {words}. It is kept in {kept}.",
        f"结果无法写入 {folder}：{words}。已保存在 {kept}。",
    )
