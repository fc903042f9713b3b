"""A camera's address, with its user and password."""

from __future__ import annotations

from edge.errors import SourceInvalid
from edge.shown import split_address

_WRITE = (
    "Write rtsp://USER:PASSWORD@HOST:PORT/PATH, and in USER and PASSWORD %23 for #, %2F for /, "
    "%3F for ?, %40 for @."
)


def check_address(address: str) -> None:
    """Raises SourceInvalid for an address that is not plain; the message does not repeat it, for it
    may hold a password."""
    try:
        known = split_address(address).hostname
    except ValueError as error:
        raise SourceInvalid("the camera's address cannot be read.", _WRITE) from error
    if not known:
        raise SourceInvalid("the camera's address names no host.", _WRITE)
