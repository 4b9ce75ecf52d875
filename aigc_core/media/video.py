"""Video: write H.264 MP4 that every browser plays, the same bytes for the same frames."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aigc_core.errors import AigcError

if TYPE_CHECKING:
    from PIL.Image import Image


def write_mp4(file: Path, frames: Sequence[Image], *, fps: int = 24, comment: str = "") -> None:
    """Write RGB ``frames`` of one size (an odd last row or column is repeated) with ``comment`` in the metadata."""
    import imageio_ffmpeg

    width, height = frames[0].size
    escaped = (
        comment.replace("\\", "\\\\").replace("=", "\\=").replace(";", "\\;").replace("#", "\\#").replace("\n", "\\\n")
    )
    metadata = file.with_suffix(".ffmetadata")
    metadata.write_text(f";FFMETADATA1\ncomment={escaped}\n", "utf-8")
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-y", "-v", "error",
        "-protocol_whitelist", "pipe,fd", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(fps), "-i", "-",
        "-protocol_whitelist", "file", "-f", "ffmetadata", "-i", str(metadata), "-map_metadata", "1",
        "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "18", "-threads", "1",
        "-fflags", "+bitexact", "-flags:v", "+bitexact", "-movflags", "+faststart", "-f", "mp4", str(file),
    ]  # fmt: skip
    try:
        pixels = b"".join(frame.convert("RGB").tobytes() for frame in frames)
        done = subprocess.run(command, input=pixels, capture_output=True, timeout=300)
    finally:
        metadata.unlink()
    if done.returncode != 0:
        raise AigcError(f"The video could not be written: {done.stderr.decode(errors='replace')[:300]}")
