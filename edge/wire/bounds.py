"""What a text from the wire must keep before anything parses it.

A parser's own limits are no bounds: it recurses as deep as a text nests, skips what it does not
know unread, and hands on numbers that no database holds.
"""

from __future__ import annotations

from edge.errors import MessageRefused

LINE_LIMIT_BYTES = 16 * 1024
MOST_NESTED = 16
# Every message of every station passes here: bytes are searched whole, never one by one.
_LONG_NUMBER = b"0" * 65  # 64 digits are a hash; more are no number of ours
_ANY_DIGIT = bytes.maketrans(b"123456789", b"000000000")
_NOT_STRUCTURE = bytes(range(256)).translate(None, b'[]{}"')
_ONE_BRACKET = bytes.maketrans(b"{}", b"[]")


def check(line: bytes) -> None:
    """Check one line of JSON from outside before it is parsed.

    Raises
    ------
    MessageRefused : over 16 KiB, no UTF-8, nested deeper than 16, a NUL in a text, or a number of
        more than 64 digits.
    """
    if len(line) > LINE_LIMIT_BYTES:
        raise MessageRefused(f"{len(line)} bytes, at most {LINE_LIMIT_BYTES}.")
    try:
        line.decode()
    except UnicodeDecodeError as error:
        raise MessageRefused(f"no UTF-8: {error}.") from error
    bare = line
    if b"\\" in line:
        bare = line.replace(rb"\\", b"").replace(rb"\"", b"")
    if b"\x00" in bare or b"\\u0000" in bare:
        raise MessageRefused("a text holds NUL.")
    if _LONG_NUMBER in line.translate(_ANY_DIGIT):
        raise MessageRefused("a number has more than 64 digits.")
    if nested(bare) > MOST_NESTED:
        raise MessageRefused(f"nested deeper than {MOST_NESTED}.")


def nested(bare: bytes) -> int:
    """How deep a JSON text without escapes nests; brackets inside its strings do not count.

    Exact up to MOST_NESTED; brackets that do not close count as if they nested."""
    structure = bare.translate(_ONE_BRACKET, _NOT_STRUCTURE).replace(b'""', b"")
    left, depth = b"".join(structure.split(b'"')[::2]), 0
    while depth <= MOST_NESTED and (less := left.replace(b"[]", b"")) != left:
        left, depth = less, depth + 1
    return depth + len(left)
