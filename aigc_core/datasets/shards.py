"""Data sets in shards: tar files that are read from front to back, for more than fits a disk or a memory.

The layout is WebDataset's (Aizman et al. 2019, arXiv 2001.01858): files of one sample share the name before the first dot and follow
each other (``000012.webp``, ``000012.json``). ``index.json`` beside the shards gives their number of samples, so that a run goes on
in the middle of an epoch without reading what it has seen.

    python -m aigc_core.datasets.shards faces128.zip OUT --mb 100        pack a zip or folder of pictures with metadata.csv

One epoch takes every sample once. The shards are put in a new order and dealt out to the readers (processes times workers); each
reads its own one after the other and draws from a buffer of so many samples, since neighbours in a shard stay near each other. Who
packs shuffles, so that no shard is all of one kind.
"""

from __future__ import annotations

import io
import json
import random
import sys
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from aigc_core import terminal
from aigc_core.datasets.faces import opened, rows_of
from aigc_core.errors import InvalidRequestError
from aigc_core.files import MAX_FILE_BYTES

INDEX = "index.json"


class Sample(NamedTuple):
    """The files of one sample."""

    key: str
    files: Mapping[str, bytes]
    """By ending, such as "webp" and "json"."""


class Shard(NamedTuple):
    """One tar file."""

    file: str
    samples: int


@dataclass(frozen=True, kw_only=True)
class Shards:
    """A stream of samples.

    Args:
        folder: Holds the shards and their index.
        reader: Number of this reader, from 0.
        readers: How many share the data set: processes times the workers of each.
        buffer: Samples held in memory to be drawn from; 1 keeps the shards' own order.
        seed: Decides the order.
    """

    folder: Path
    reader: int = 0
    readers: int = 1
    buffer: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.reader < self.readers or self.buffer < 1:
            raise ValueError(f"0 <= reader < readers, buffer >= 1; got {self.reader}, {self.readers}, {self.buffer}")

    def samples(self, epoch: int = 0, taken: int = 0) -> Iterator[Sample]:
        """This reader's samples of an epoch, without the first ``taken`` of them.

        Raises:
            InvalidRequestError: there are no shards, fewer than readers, or one that is damaged.
        """
        mine = self._dealt(epoch)
        order = _buffered(mine, self.buffer, random.Random(f"{self.seed} {epoch} {self.reader}"))
        seen = _Seen(mine)
        for at in islice(order, taken):
            seen.add(at)
        arriving = self._arriving(mine, seen)
        waiting: dict[tuple[int, int], Sample] = {}
        for at in order:
            while at not in waiting:
                place, sample = next(arriving)
                waiting[place] = sample
            yield waiting.pop(at)
        next(arriving, None)  # nothing: the last shard ends where the index says

    def endless(self, taken: int = 0) -> Iterator[Sample]:
        """This reader's samples of epoch after epoch, without the first ``taken`` of all."""
        epoch = 0
        while taken >= (count := sum(shard.samples for shard in self._dealt(epoch))):
            epoch, taken = epoch + 1, taken - count
        while True:
            yield from self.samples(epoch, taken)
            epoch, taken = epoch + 1, 0

    def _dealt(self, epoch: int) -> list[Shard]:
        """The shards of an epoch that are this reader's, in its order."""
        shards = index(self.folder)
        if len(shards) < self.readers:
            raise InvalidRequestError(
                f"{self.folder} has {len(shards)} shards for {self.readers} readers; each needs one. Pack them smaller.",
                f"{self.folder} 只有 {len(shards)} 个分片，而读取进程有 {self.readers} 个，每个至少需要一个。请用更小的分片重新打包。",
            )
        random.Random(f"{self.seed} {epoch}").shuffle(shards)
        return shards[self.reader :: self.readers]

    def _arriving(self, mine: Sequence[Shard], seen: _Seen) -> Iterator[tuple[tuple[int, int], Sample]]:
        """The samples that are still to come, with their places, as the shards hold them."""
        for i, shard in enumerate(mine):
            if seen.whole(i):
                continue
            for j, sample in enumerate(read(self.folder / shard.file, shard.samples)):
                if (i, j) not in seen:
                    yield (i, j), sample


class _Seen:
    """Places of samples that were taken; a shard that was taken whole is one number."""

    def __init__(self, shards: Sequence[Shard]) -> None:
        self._shards, self._parts = shards, [set[int]() for _ in shards]
        self._whole: set[int] = set()

    def add(self, place: tuple[int, int]) -> None:
        i, j = place
        self._parts[i].add(j)
        if len(self._parts[i]) == self._shards[i].samples:
            self._whole.add(i)
            self._parts[i] = set()

    def whole(self, shard: int) -> bool:
        return shard in self._whole

    def __contains__(self, place: tuple[int, int]) -> bool:
        return place[0] in self._whole or place[1] in self._parts[place[0]]


def _buffered(shards: Iterable[Shard], size: int, rng: random.Random) -> Iterator[tuple[int, int]]:
    """Places (shard, sample) in the order in which a buffer of that size gives them away: nothing is read for it."""
    buffer: list[tuple[int, int]] = []
    for place in ((i, j) for i, shard in enumerate(shards) for j in range(shard.samples)):
        if len(buffer) < size:
            buffer.append(place)
            continue
        k = rng.randrange(size)
        yield buffer[k]
        buffer[k] = place
    rng.shuffle(buffer)
    yield from buffer


def index(folder: Path) -> list[Shard]:
    """The shards of a folder.

    Raises:
        InvalidRequestError: it has no index, or one that is damaged.
    """
    try:
        told = json.loads((folder / INDEX).read_text("utf-8"))
        shards = [Shard(Path(str(shard["file"])).name, int(shard["samples"])) for shard in told["shards"]]
        if not shards or min(shard.samples for shard in shards) < 1:
            raise ValueError("empty")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidRequestError(
            f"{folder} holds no shards: {INDEX} is missing or damaged. python -m aigc_core.datasets.shards makes them.",
            f"{folder} 中没有分片数据：{INDEX} 缺失或已损坏。请用 python -m aigc_core.datasets.shards 打包。",
        ) from error
    return shards


def read(file: Path, count: int) -> Iterator[Sample]:
    """The samples of one shard, from front to back.

    Raises:
        InvalidRequestError: it is damaged, cut, or holds another number of samples than the index says.
    """
    try:
        with tarfile.open(file, "r|") as archive:
            yield from _counted(_grouped(archive), count)
    except (OSError, tarfile.TarError, ValueError) as error:
        raise InvalidRequestError(
            f"The shard {file.name} is damaged or incomplete ({error}). Copy or pack it again.",
            f"分片 {file.name} 已损坏或不完整（{error}），请重新复制或打包。",
        ) from error


def _grouped(archive: tarfile.TarFile) -> Iterator[Sample]:
    """Neighbouring files of one key as a sample."""
    key, files = "", dict[str, bytes]()
    for member in archive:
        if not member.isfile():
            continue
        if member.size > MAX_FILE_BYTES:
            raise ValueError(f"{member.name} has more than {MAX_FILE_BYTES} bytes")
        folder, slash, file = member.name.rpartition("/")
        stem, _, ending = file.partition(".")
        name = folder + slash + stem
        if name != key and files:
            yield Sample(key, files)
            files = {}
        key = name
        content = archive.extractfile(member)
        assert content is not None, "a regular file"
        files[ending] = content.read()
    if files:
        yield Sample(key, files)


def _counted(samples: Iterator[Sample], count: int) -> Iterator[Sample]:
    for _ in range(count):
        try:
            yield next(samples)
        except StopIteration:
            raise ValueError(f"fewer than {count} samples") from None
    if next(samples, None) is not None:
        raise ValueError(f"more than {count} samples")


# --- packing ---


def write(folder: Path, samples: Iterable[Sample], most_bytes: int) -> list[Shard]:
    """Write shards of about ``most_bytes`` and their index."""
    folder.mkdir(parents=True, exist_ok=True)
    shards: list[Shard] = []
    rest = iter(samples)
    while (first := next(rest, None)) is not None:
        file = f"shard-{len(shards):06d}.tar"
        with tarfile.open(folder / file, "w") as archive:
            count = _fill(archive, first, rest, most_bytes)
        shards.append(Shard(file, count))
    (folder / INDEX).write_text(json.dumps({"shards": [shard._asdict() for shard in shards]}, indent=1), "utf-8")
    return shards


def _fill(archive: tarfile.TarFile, first: Sample, rest: Iterator[Sample], most_bytes: int) -> int:
    """Add samples to a shard until it is full; how many."""
    sample: Sample | None = first
    count = 0
    while sample is not None:
        for ending, content in sample.files.items():
            member = tarfile.TarInfo(f"{sample.key}.{ending}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        count += 1
        sample = next(rest, None) if archive.offset < most_bytes else None
    return count


def pictures(data: Path, split: str, seed: int) -> Iterator[Sample]:
    """The pictures of a zip or folder (:mod:`aigc_core.datasets.faces`), shuffled, each with its row of ``metadata.csv``."""
    read_file, names = opened(data)
    rows = [row for row in rows_of(read_file, names) if row.get("split", "train") == split]
    if not rows:
        raise InvalidRequestError(
            f"{data} holds no pictures of split {split!r}.", f"{data} 中没有 {split!r} 部分的图片。"
        )
    random.Random(seed).shuffle(rows)
    for i, row in enumerate(rows):
        ending = Path(row["file"]).suffix.lstrip(".").lower()
        told = json.dumps(row, ensure_ascii=False).encode()
        yield Sample(f"{i:09d}", {ending: read_file(row["file"]), "json": told})


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point of ``python -m aigc_core.datasets.shards``."""
    parser = terminal.Parser(prog="python -m aigc_core.datasets.shards", description="Pack a data set into shards.")
    parser.add_argument("data", type=Path, help="zip or folder of pictures, with metadata.csv if there are labels")
    parser.add_argument("out", type=Path, help="folder of the shards")
    parser.add_argument("--mb", type=float, default=100.0, help="size of a shard in MB (default 100)")
    parser.add_argument("--split", default="train")
    parser.add_argument("--seed", type=int, default=0, help="of the order")
    args = parser.parse_args(argv)
    if (args.out / INDEX).exists():
        raise InvalidRequestError(f"{args.out} holds shards already.", f"{args.out} 中已有分片。")
    shards = write(args.out, pictures(args.data, args.split, args.seed), round(args.mb * 1e6))
    terminal.say(f"{sum(shard.samples for shard in shards)} samples in {len(shards)} shards")


if __name__ == "__main__":
    sys.exit(terminal.guarded(main))
