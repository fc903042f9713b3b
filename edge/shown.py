"""Text from outside as people may see it: one line, and nothing in it that a terminal obeys.

File names are bytes; Python carries those that are no UTF-8 as lone surrogates, which no terminal,
log or JSON takes. Control characters would move the cursor, start a new line in a log, or (the
Unicode ones) turn the reading direction so that `photo_gnp.exe` reads as a picture.
"""

from __future__ import annotations

import base64
import os
import unicodedata

_FORMULA = ("=", "+", "-", "@", "\t", "\\x09", "\\x0d")
_UNSEEN = ("Cc", "Cf", "Zl", "Zp")  # control, format (direction, zero width), line, paragraph


def shown(text: str | os.PathLike[str]) -> str:
    r"""The text with every byte that is no UTF-8 as \xNN, and so every character without a shape
    (\uNNNN beyond the first 256). Everything else, backslashes too, stays as it is."""
    told = os.fspath(text)
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


def _shown(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if unicodedata.category(character) in _UNSEEN or 0xD800 <= code <= 0xDFFF:
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    return character
