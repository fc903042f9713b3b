"""A camera's address with its user and password, and what of it people may see."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from edge.errors import SourceInvalid

_WRITE = (
    "Write rtsp://USER:PASSWORD@HOST:PORT/PATH, and in USER and PASSWORD %23 for #, %2F for /, "
    "%3F for ?, %40 for @."
)


def shown_address(address: str) -> str:
    """Scheme, host and port. User, password, path and what is asked may each hold a secret.

    Of an address that can be read in two ways only the scheme: what looks like its host may be the
    beginning of a password.
    """
    scheme = address.partition("://")[0]
    try:
        parts = _split(address)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return f"{scheme}://..."
    host = parts.hostname or "..."
    return f"{scheme}://{f'[{host}]' if ':' in host else host}{port}"


def check_address(address: str) -> None:
    """Raises SourceInvalid, without a word of the address, for one that is not plain."""
    try:
        known = _split(address).hostname
    except ValueError as error:
        raise SourceInvalid("the camera's address cannot be read.", _WRITE) from error
    if not known:
        raise SourceInvalid("the camera's address names no host.", _WRITE)


def _split(address: str) -> SplitResult:
    """Raises ValueError where host or port make no sense, or another @ follows the host."""
    parts = urlsplit(address)
    _ = parts.port  # checked when asked for
    rest = address.partition("://")[2][len(parts.netloc) :]
    if "@" in rest or parts.netloc.count("@") > 1 or not address.isprintable():
        raise ValueError("an address that can be read in two ways")
    return parts
