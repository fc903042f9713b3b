"""Files that may not be read, also where the tests are run by root, who may read everything."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_VERSION_3 = 0x20080522  # of capset(2)
_READ_ALL = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("thread", ctypes.c_int)]


class _Rights(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]


@contextmanager
def unreadable(path: Path) -> Iterator[None]:
    """Within, this thread may not read the file or folder, whoever it is of."""
    mode = path.stat().st_mode
    path.chmod(0)
    libc = ctypes.CDLL(None, use_errno=True)
    header, rights = _Header(_VERSION_3, 0), (_Rights * 2)()
    assert libc.capget(ctypes.byref(header), rights) == 0
    before = rights[0].effective
    try:
        rights[0].effective = before & ~_READ_ALL
        assert libc.capset(ctypes.byref(header), rights) == 0
        yield
    finally:
        rights[0].effective = before
        libc.capset(ctypes.byref(header), rights)
        path.chmod(mode)
