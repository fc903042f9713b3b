"""The one table of exit statuses."""

from __future__ import annotations

import enum

from edge.errors import (
    BrokerRefused,
    CameraHung,
    IdentityRefused,
    OutputRefused,
    PartMissing,
    PostureError,
    SettingsInvalid,
    SourceInvalid,
    TryAgain,
)


class Exit(enum.IntEnum):
    """How a program ends. The same numbers in all of them."""

    DONE = 0
    NO = 1
    MISUSED = 2
    LACKING = 3
    UNREACHED = 4
    HUNG = 75  # EX_TEMPFAIL of sysexits.h
    STOPPED = 130  # what shells say of a program that Ctrl-C ended


MEANINGS = {
    Exit.DONE: "done",
    Exit.NO: "something could not be read, measured or written, or the answer is no",
    Exit.MISUSED: "the command line or the settings are wrong",
    Exit.LACKING: "a part is missing: a program, a package or a device",
    Exit.UNREACHED: "something was not reached: try again",
    Exit.HUNG: "the camera hung: start the program again",
    Exit.STOPPED: "stopped by Ctrl-C",
}

_BY_KIND: tuple[tuple[Exit, tuple[type[PostureError], ...]], ...] = (
    (Exit.HUNG, (CameraHung,)),
    (Exit.UNREACHED, (TryAgain,)),
    (Exit.LACKING, (PartMissing,)),
    (Exit.MISUSED, (SettingsInvalid, SourceInvalid, OutputRefused, IdentityRefused, BrokerRefused)),
)


def status_of(error: PostureError) -> Exit:
    """The status of a program that an error ends."""
    for status, kinds in _BY_KIND:
        if isinstance(error, kinds):
            return status
    return Exit.NO


def table() -> str:
    """The table as `--help` shows it."""
    return "\n".join(f"  {status:<4d} {meaning}" for status, meaning in MEANINGS.items())
