"""Files: the old content or the new whatever happens; what has no content is written through."""

from __future__ import annotations

import os
import stat
import threading
import tomllib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import files
from edge.files import replacing, write_durably, write_for_this_boot, write_toml


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_new_content_takes_the_old_ones_place(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    write_durably(path, b"old")
    write_durably(path, b"new")
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["kept"]


def test_a_writer_that_breaks_off_leaves_the_old_content_and_nothing_beside_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "kept"
    write_durably(path, b"old")

    def break_off() -> None:
        with replacing(path) as file:
            file.write(b"half of")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["kept"]


def test_content_is_flushed_before_its_name_and_the_name_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []
    rename, fsync = Path.replace, os.fsync

    def replace(path: Path, target: Path) -> Path:
        done.append("rename")
        return rename(path, target)

    def flush(handle: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(files.os, "fsync", flush)
    write_durably(tmp_path / "kept", b"new")
    assert done == ["file", "rename", "folder"]


def test_a_link_is_followed_and_stays(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    target = tmp_path / "there" / "kept"
    target.write_bytes(b"old")
    link = tmp_path / "link"
    link.symlink_to("there/kept")
    write_durably(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert names(tmp_path) == ["link", "there"]


def test_a_link_to_nothing_makes_what_it_names(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("kept")
    write_durably(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "kept").read_bytes() == b"new"


def test_a_pipe_is_written_straight_through(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(path.read_bytes()))
    reader.start()
    write_durably(path, b"new")
    reader.join()
    assert read == [b"new"]
    assert stat.S_ISFIFO(path.stat().st_mode)
    assert names(tmp_path) == ["pipe"]


def test_a_device_is_written_straight_through() -> None:
    write_durably(Path(os.devnull), b"new")
    assert Path(os.devnull).is_char_device()


def test_a_file_keeps_its_rights_unless_told_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    write_durably(path, b"old", mode=0o600)
    write_durably(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    write_durably(path, b"new", mode=0o644)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_durably(tmp_path / "none" / "kept", b"new")


class Word(msgspec.Struct):
    said: str


def test_a_file_of_this_boot_stays_as_it_was_on_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept"
    write_for_this_boot(path, Word("old"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    write_for_this_boot(path, Word("new"))
    assert msgspec.json.decode(path.read_bytes(), type=Word) == Word("old")
    assert names(tmp_path) == ["kept"]


class Inner(msgspec.Struct):
    lengths: tuple[float, ...]
    missing: int | None = None
    by_name: dict[str, tuple[float, float]] = {}


class Outer(msgspec.Struct):
    title: str
    inner: Inner
    none: Inner | None = None


FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.lists(FINITE),
    st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.tuples(FINITE, FINITE)),
)
def test_what_toml_is_written_is_read(tmp_path_factory, title, lengths, by_name) -> None:
    path = tmp_path_factory.getbasetemp() / "kept.toml"
    outer = Outer(title, Inner(tuple(lengths), by_name=by_name))
    write_toml(path, outer)
    assert msgspec.convert(tomllib.loads(path.read_text()), Outer) == outer
