"""A command whose output nobody reads on (`... --json | head -1`) ends, and says nothing; one whose
output has no room says so.

After the note on SIGPIPE in the documentation of Python's `signal`: the status is 1, as of every
write that failed.
"""

from __future__ import annotations

import errno
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_UNWRITABLE = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EFBIG)


@contextmanager
def ends_with_its_reader() -> Iterator[None]:
    """Context for a whole program, `--help` included: it ends quietly when nobody reads its output
    any more. Any other broken pipe stays an error."""
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
        _write_no_more()
        raise SystemExit(1) from None
    except OSError as error:
        # Opening names its file; what failed at writing and names none is standard output.
        if error.filename is not None or error.errno not in _UNWRITABLE:
            raise
        _write_no_more()
        why = os.strerror(error.errno or errno.EIO)
        sys.stderr.write(f"standard output cannot be written: {why}.\n")
        raise SystemExit(1) from None


def _write_no_more() -> None:
    """Drop what is left in buffers: writing it at exit would fail once more, and nothing could be
    done about it there."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _reader_is_gone() -> bool:
    """Whether standard output is a pipe or a socket whose other end is closed."""
    output = select.poll()
    output.register(sys.stdout, 0)
    return any(event & select.POLLERR for _, event in output.poll(0))
