"""A decoder that has been taken over can reach nothing: tried from inside such a process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TRIES = {
    "opens a socket": "import socket; socket.socket()",
    "opens a socket of this machine": "import socket; socket.socket(socket.AF_UNIX)",
    "starts a program": "import os; os.execv('/bin/true', ['/bin/true'])",
    "starts a process": "import os; os.posix_spawn('/bin/true', ['/bin/true'], {})",
    "writes a file": "open(FILE, 'a')",
    "makes a file": "open(FILE + '.new', 'x')",
    "empties a file": "import os; os.truncate(FILE, 0)",
    "removes a file": "import os; os.unlink(FILE)",
    "renames a file": "import os; os.rename(FILE, FILE + '.old')",
    "ends another process": "import os; os.kill(os.getppid(), 0)",
}


def inside(code: str, file: Path) -> subprocess.CompletedProcess[str]:
    program = (
        "import posture_tools.uploads.confined as c\n"
        f"FILE = {str(file)!r}\nimport os, socket\nc.confine()\n"
        f"try:\n    {code}\nexcept OSError:\n    print('refused')\n"
        "except MemoryError:\n    print('refused')\nelse:\n    print('done')\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("what", TRIES)
def test_what_a_decoder_never_needs_is_refused(what: str, tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    file.write_text("results")
    said = inside(TRIES[what], file)
    assert said.stdout == "refused\n", said.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["store.db"]
    assert file.read_text() == "results"


def test_what_it_needs_is_left(tmp_path: Path) -> None:
    file = tmp_path / "picture"
    file.write_text("pixels")
    assert inside("assert open(FILE).read() == 'pixels'", file).stdout == "done\n"


def test_memory_has_an_end(tmp_path: Path) -> None:
    assert inside("bytearray(3 << 30)", tmp_path / "none").stdout == "refused\n"
