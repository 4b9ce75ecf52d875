"""Short films from outside, read within bounds: duration, frame size and codec are looked at before a frame is decoded.

ffmpeg is given the container by name, found from the file's first bytes, and may open nothing but the file: playlists and other
files that lead elsewhere are refused.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from aigc_core.errors import InvalidRequestError

MAX_SECONDS, MAX_SIDES = 5.0, (1920, 1920)
MAX_PIXELS = 1920 * 1088
"""Of a frame: 1080p, upright too, and the rows that H.264 fills up."""
MAX_FPS = 30.0
"""Frames a second that are read; of faster clips some are left out."""
CODECS = ("h264", "hevc", "mpeg4", "vp8", "vp9", "av1", "gif", "mjpeg", "prores", "ffv1")
TIMEOUT_S = 60
_CONTAINERS = (
    (re.compile(rb"....ftyp", re.DOTALL), "mov"),
    (re.compile(rb"\x1a\x45\xdf\xa3"), "matroska"),
    (re.compile(rb"GIF8[79]a"), "gif"),
    (re.compile(rb"RIFF....AVI ", re.DOTALL), "avi"),
)
_DURATION = re.compile(r"Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")
_STREAM = re.compile(r"Stream #\S+.*?: Video: (\w+).*?, (\d+)x(\d+)")
_FPS = re.compile(r"([\d.]+) (?:fps|tbr)\b")


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A short film without sound."""

    frames: tuple[Image.Image, ...]
    """RGB, of one size."""
    fps: float
    """Frames a second."""

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.frames) / self.fps


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a file says of itself."""

    container: str
    codec: str
    width: int
    height: int
    seconds: float
    fps: float


def read(file: str | Path, *, start: float = 0.0, seconds: float = MAX_SECONDS, side: int = 512) -> Clip:
    """A stretch of a film.

    Args:
        start: Second that it begins at.
        seconds: Longest stretch, up to :data:`MAX_SECONDS`.
        side: Longest side of the frames in pixels; larger ones are made smaller.

    Raises:
        InvalidRequestError: it is no film of a kind taken here, too large or too long, damaged, or over before ``start``.
    """
    facts = probe(file)
    if not 0 < seconds <= MAX_SECONDS:
        raise InvalidRequestError(
            f"A clip may last at most {MAX_SECONDS:.0f} s; got {seconds:g} s.",
            f"片段最长 {MAX_SECONDS:.0f} 秒，收到 {seconds:g} 秒。",
        )
    if not 0 <= start < facts.seconds:
        raise InvalidRequestError(
            f"The film lasts {facts.seconds:.1f} s; it cannot begin at {start:g} s.",
            f"影片时长 {facts.seconds:.1f} 秒，无法从第 {start:g} 秒开始。",
        )
    scale = min(1.0, side / max(facts.width, facts.height))
    width, height = (max(2, round(length * scale / 2) * 2) for length in (facts.width, facts.height))
    fps = min(facts.fps, MAX_FPS)
    most = max(1, round(seconds * fps))
    filters = f"fps={fps:.6g},scale={width}:{height}:flags=area"
    raw = _ffmpeg(
        "-max_pixels", str(MAX_PIXELS), "-f", facts.container, "-i", str(file), "-ss", f"{start:.3f}", "-t", f"{seconds:.3f}",
        "-map", "0:v:0", "-vf", filters, "-frames:v", str(most), "-f", "rawvideo", "-pix_fmt", "rgb24", "-",
    )  # fmt: skip
    size = width * height * 3
    if raw.returncode or len(raw.stdout) < size:
        raise _refused("it is damaged or cut off", "文件已损坏或不完整")
    whole = range(0, len(raw.stdout) - size + 1, size)
    return Clip(
        frames=tuple(Image.frombytes("RGB", (width, height), raw.stdout[at : at + size]) for at in whole), fps=fps
    )


def probe(file: str | Path) -> Facts:
    """Duration, frame size, codec and rate as the container tells them, within the bounds of this module.

    Raises:
        InvalidRequestError: it is no film of a kind taken here, or too large.
    """
    container = _container(Path(file))
    told = _ffmpeg("-f", container, "-i", str(file)).stderr.decode(errors="replace")
    stream, lasts = _STREAM.search(told), _DURATION.search(told)
    if stream is None or lasts is None:
        raise _refused("there is no film in it, or its end is missing", "其中没有影像，或结尾缺失")
    codec, width, height = stream[1], int(stream[2]), int(stream[3])
    if codec not in CODECS:
        raise _refused(f"its codec {codec[:20]} is not among {', '.join(CODECS)}", f"不支持编码 {codec[:20]}")
    if width * height > MAX_PIXELS or max(width, height) > max(MAX_SIDES):
        raise InvalidRequestError(
            f"A film may have at most 1920×1080 pixels; got {width}×{height}. Please make it smaller.",
            f"影片最大 1920×1080 像素，收到 {width}×{height}，请缩小后再试。",
        )
    rate = _FPS.search(told[stream.start() :])
    seconds = int(lasts[1]) * 3600 + int(lasts[2]) * 60 + float(lasts[3])
    fps = float(rate[1]) if rate and float(rate[1]) > 0 else 25.0
    return Facts(container=container, codec=codec, width=width, height=height, seconds=seconds, fps=fps)


def _container(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            head = opened.read(16)
    except OSError as error:
        raise _refused(error.strerror or "it cannot be opened", "无法打开文件") from error
    for pattern, name in _CONTAINERS:
        if pattern.match(head):
            return name
    raise _refused("it is empty" if not head else "it is of no such kind", "文件是空的" if not head else "格式不支持")


def _ffmpeg(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    import imageio_ffmpeg

    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-nostdin",
        "-hide_banner",
        "-threads",
        "1",
        "-protocol_whitelist",
        "file,pipe",
    ]
    try:
        return subprocess.run([*command, *arguments], capture_output=True, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        raise _refused(f"decoding takes longer than {TIMEOUT_S} s", f"解码超过 {TIMEOUT_S} 秒") from error


def _refused(reason: str, reason_zh: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"The file could not be read as a film: {reason}. Use MP4, WebM, MOV or GIF.",
        f"无法将该文件作为影片读取：{reason_zh}。请使用 MP4、WebM、MOV 或 GIF。",
    )
