"""A file appears whole or stays as it was, and what a kill leaves of it is removed."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest

from mixstudy.data.writing import TEMPORARY, FullError, sweep, write_atomically


def test_file_is_replaced_as_a_whole(tmp_path):
    """Nothing but the file is there afterwards, with the new content."""
    for content in (b"one", b"two"):
        write_atomically(tmp_path / "a.csv", content)
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.csv": content}


@pytest.mark.parametrize(
    ("number", "message"), [(errno.ENOSPC, "the disk is full: free some"), (errno.EIO, "can't be")]
)
def test_failed_writing_leaves_the_old_file(tmp_path, monkeypatch, number, message):
    """The error names the file and a way out; the old content stays, and nothing half-written."""
    (tmp_path / "a").write_bytes(b"old")

    def fail(_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(FullError, match=f"{tmp_path / 'a'}: {message}"):
        write_atomically(tmp_path / "a", b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"old"}


def test_links_are_replaced_not_followed(tmp_path):
    """A link in the file's place is no way to write elsewhere."""
    (tmp_path / "victim").write_bytes(b"precious")
    (tmp_path / "a").symlink_to(tmp_path / "victim")
    write_atomically(tmp_path / "a", b"new")
    assert (tmp_path / "victim").read_bytes() == b"precious"
    assert not (tmp_path / "a").is_symlink()


def test_what_a_kill_left_is_swept(tmp_path):
    """Files that a process that is gone was writing are removed; those of one at work, and others, are not."""
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    left = tmp_path / TEMPORARY.format(process=int(gone.stdout), word="aa")
    kept = [tmp_path / TEMPORARY.format(process=os.getppid(), word="aa"), tmp_path / "notes.writing"]
    for path in (left, *kept):
        path.touch()
    sweep(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted(kept)
