"""Shards: what is packed is read again, every sample once an epoch whoever shares it, in an order that goes on where it was left."""

from __future__ import annotations

import csv
import io
import json
import tarfile
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aigc_core.datasets import shards
from aigc_core.datasets.shards import INDEX, Sample, Shards
from aigc_core.errors import InvalidRequestError

COUNT = 103


def numbered(count: int) -> Iterator[Sample]:
    for i in range(count):
        yield Sample(f"{i:06d}", {"txt": str(i).encode(), "json": b"{}"})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """103 samples in shards of ten or so."""
    made = tmp_path_factory.mktemp("shards")
    written = shards.write(made, numbered(COUNT), 20_000)
    assert len(written) > 8 and sum(shard.samples for shard in written) == COUNT
    return made


def numbers(samples: Iterator[Sample]) -> list[int]:
    return [int(sample.files["txt"]) for sample in samples]


@pytest.mark.parametrize("readers", [1, 2, 5])
@pytest.mark.parametrize("buffer", [1, 7, 1000])
def test_every_sample_comes_once_an_epoch_whoever_shares_it(folder: Path, readers: int, buffer: int) -> None:
    """Two processes of one, or of two and a half workers each."""
    for epoch in (0, 1):
        parts = [
            numbers(Shards(folder=folder, reader=i, readers=readers, buffer=buffer).samples(epoch))
            for i in range(readers)
        ]
        assert all(parts) and sorted(chain(*parts)) == list(range(COUNT))


def test_the_order_is_new_in_every_epoch_and_the_seed_s_own(folder: Path) -> None:
    def order(seed: int, epoch: int) -> list[int]:
        return numbers(Shards(folder=folder, seed=seed, buffer=40).samples(epoch))

    assert order(0, 0) == order(0, 0)
    assert len({tuple(order(seed, epoch)) for seed in (0, 1) for epoch in (0, 1)}) == 4
    jumps = np.abs(np.diff(order(0, 0)))
    assert np.median(jumps) > 5, "neighbours in a shard do not stay neighbours"


@pytest.mark.parametrize("taken", [0, 1, 30, 60, 102, 103])
@pytest.mark.parametrize("buffer", [1, 25])
def test_a_run_goes_on_where_it_was_left(folder: Path, taken: int, buffer: int) -> None:
    stream = Shards(folder=folder, buffer=buffer)
    whole = numbers(stream.samples(3))
    assert numbers(stream.samples(3, taken)) == whole[taken:]


def test_epochs_follow_each_other_and_are_gone_on_with(folder: Path) -> None:
    stream = Shards(folder=folder, reader=1, readers=3, buffer=10)
    whole = numbers(islice(stream.endless(), 150))
    assert whole[:40] != whole[40:80]
    for taken in (0, 20, 90, 140):
        assert numbers(islice(stream.endless(taken), 150 - taken)) == whole[taken:]


def test_what_was_read_whole_is_not_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream, opened = Shards(folder=folder, buffer=5), []
    read = shards.read
    monkeypatch.setattr(shards, "read", lambda file, count: opened.append(file) or read(file, count))
    rest = numbers(stream.samples(0, 95))
    assert len(rest) == 8 and 1 <= len(opened) <= 3


def test_a_data_set_is_packed_with_its_rows(tmp_path: Path) -> None:
    data = tmp_path / "faces"
    data.mkdir()
    rows = [{"file": f"{i}.png", "split": "val" if i == 4 else "train", "age": f"{i}0-{i}9"} for i in range(5)]
    for i, row in enumerate(rows):
        Image.new("RGB", (8, 8), (i, 0, 0)).save(data / row["file"])
    with (data / "metadata.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, ["file", "split", "age"])
        table.writeheader()
        table.writerows(rows)
    shards.main([str(data), str(tmp_path / "out"), "--mb", "0.004"])
    packed = list(Shards(folder=tmp_path / "out").samples())
    assert len(shards.index(tmp_path / "out")) > 1
    told = {json.loads(sample.files["json"])["file"]: sample for sample in packed}
    assert told.keys() == {"0.png", "1.png", "2.png", "3.png"}
    for name, sample in told.items():
        assert sample.files["png"] == (data / name).read_bytes()
    with pytest.raises(InvalidRequestError, match="already"):
        shards.main([str(data), str(tmp_path / "out")])
    with pytest.raises(InvalidRequestError, match="no pictures of split 'test'"):
        shards.main([str(data), str(tmp_path / "other"), "--split", "test"])
    assert not (tmp_path / "other" / INDEX).exists()


def test_shards_of_other_tools_are_read(tmp_path: Path) -> None:
    """Folders, names that begin with "./", endings of several parts."""
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name in ("./x/1.seg.png", "./x/1.cls", "./x/2.cls"):
            member = tarfile.TarInfo(name)
            member.size = 3
            archive.addfile(member, io.BytesIO(b"abc"))
        folder = tarfile.TarInfo("y")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    one, two = shards.read(tmp_path / "a.tar", 2)
    assert one == Sample("./x/1", {"seg.png": b"abc", "cls": b"abc"}) and two.files == {"cls": b"abc"}


@pytest.mark.parametrize("damage", ["cut", "garbage", "absent", "too few", "too many"])
def test_a_damaged_shard_is_named(tmp_path: Path, damage: str) -> None:
    shards.write(tmp_path, numbered(20), 10_000_000)
    file = tmp_path / "shard-000000.tar"
    content = file.read_bytes()
    if damage == "absent":
        file.unlink()
    elif damage in ("cut", "garbage"):
        file.write_bytes(content[:10_300] if damage == "cut" else b"\x99" * 10_240)
    count = {"too few": 21, "too many": 19}.get(damage, 20)
    (tmp_path / INDEX).write_text(json.dumps({"shards": [{"file": file.name, "samples": count}]}))
    with pytest.raises(InvalidRequestError, match=r"shard-000000\.tar is damaged or incomplete") as refused:
        list(Shards(folder=tmp_path).samples())
    assert "分片" in refused.value.zh


@pytest.mark.parametrize("told", [None, "{", "[]", '{"shards": []}', '{"shards": [{"file": "a.tar", "samples": 0}]}'])
def test_a_folder_without_an_index_is_refused(tmp_path: Path, told: str | None) -> None:
    if told is not None:
        (tmp_path / INDEX).write_text(told)
    with pytest.raises(InvalidRequestError, match="holds no shards"):
        list(Shards(folder=tmp_path).samples())


def test_more_readers_than_shards_are_refused(folder: Path) -> None:
    with pytest.raises(InvalidRequestError, match="for 99 readers"):
        list(Shards(folder=folder, reader=98, readers=99).samples())
    with pytest.raises(ValueError, match="reader < readers"):
        Shards(folder=folder, reader=2, readers=2)
