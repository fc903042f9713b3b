"""A command whose output nobody reads on (`... --json | head -1`) ends, and says nothing.

After the note on SIGPIPE in the documentation of Python's `signal`: the status is 1, as of every
write that failed.
"""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ends_with_its_reader() -> Iterator[None]:
    """Around the whole of a program, `--help` included. A pipe that breaks elsewhere is a fault,
    and stays one."""
    try:
        try:
            yield
        except SystemExit:
            sys.stdout.flush()  # here, and not at exit, where nothing could be done about it
            raise
        sys.stdout.flush()
    except BrokenPipeError:
        if not _reader_is_gone():
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is left
        raise SystemExit(1) from None


def _reader_is_gone() -> bool:
    """Whether standard output is a pipe or a socket whose other end is closed."""
    output = select.poll()
    output.register(sys.stdout, 0)
    return any(event & select.POLLERR for _, event in output.poll(0))
