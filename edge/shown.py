"""Text from outside as people may see it: one line, and nothing in it that a terminal obeys.

File names are bytes; Python carries those that are no UTF-8 as lone surrogates, which no terminal,
log or JSON takes. Control characters would move the cursor, start a new line in a log, or (the
Unicode ones) turn the reading direction so that `photo_gnp.exe` reads as a picture.
"""

from __future__ import annotations

import base64
import os
import re
import unicodedata
from urllib.parse import SplitResult, urlsplit

_FORMULA = ("=", "+", "-", "@", "\t", "\\x09", "\\x0d")
# An address that may hold a secret, up to the end of its word; a path that is one has lost a slash.
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/{1,2}([^\s'\"<>]*[@?][^\s'\"<>]*)")
_UNSEEN = ("Cc", "Cf", "Zl", "Zp")  # control, format (direction, zero width), line, paragraph


def shown(text: str | os.PathLike[str]) -> str:
    r"""The text with every byte that is no UTF-8 as \xNN, and so every character without a shape
    (\uNNNN beyond the first 256). Of an address with a user or a question only scheme, host and
    port. Everything else, backslashes too, stays as it is."""
    told = without_secrets(os.fspath(text))
    return told if told.isascii() and told.isprintable() else "".join(map(_shown, told))


def quoted(text: str) -> str:
    """What somebody typed, for a sentence about it."""
    return f"'{shown(text)}'"


def path_entry(path: str | os.PathLike[str], called: str = "path") -> dict[str, str]:
    """A name for JSON: as it is shown, and, where that is not the name itself, its bytes beside it
    in base64."""
    told, name = shown(path), os.fspath(path)
    if told == name:
        return {called: told}
    return {called: told, f"{called}_bytes": base64.b64encode(os.fsencode(name)).decode()}


def csv_cell(text: str | os.PathLike[str]) -> str:
    """A text for a table: a spreadsheet would run what begins like a formula.

    Numbers are no texts: they go into a table as they are.
    """
    told = shown(text)
    return f"'{told}" if told.startswith(_FORMULA) else told


def shown_address(address: str) -> str:
    """Scheme, host and port. User, password, path and what is asked may each hold a secret.

    Of an address that can be read in two ways only the scheme: what looks like its host may be the
    beginning of a password.
    """
    scheme = address.partition("://")[0]
    try:
        parts = split_address(address)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return f"{scheme}://..."
    host = parts.hostname or "..."
    return f"{scheme}://{f'[{host}]' if ':' in host else host}{port}"


def split_address(address: str) -> SplitResult:
    """Take an address apart. Raises ValueError where host or port make no sense, or another @
    follows the host."""
    parts = urlsplit(address)
    _ = parts.port  # checked when asked for
    rest = address.partition("://")[2][len(parts.netloc) :]
    if "@" in rest or parts.netloc.count("@") > 1 or not address.isprintable():
        raise ValueError("an address that can be read in two ways")
    return parts


def without_secrets(text: str) -> str:
    """The text, and of each address in it that may hold a secret what people may see."""
    if ":/" not in text:
        return text
    return _ADDRESS.sub(lambda found: shown_address(f"{found[1]}://{found[2]}"), text)


def _shown(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if unicodedata.category(character) in _UNSEEN or 0xD800 <= code <= 0xDFFF:
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    return character
