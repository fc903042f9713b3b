"""Damage: bytes anywhere, or values inside a document that stays a document."""

from __future__ import annotations

import copy
import json
import random
import re
from typing import Any

_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1, 2**31, 2**63, 1e308, -0.5, float("nan"), float("inf"), "", "x", "²", "-1",
    "\x00", "\udce9", "a" * 5000, [], {}, [[]], [None], {"": None},
)  # fmt: skip
_WORDS = (
    b"\x00", b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00",
    b"ftyp", b"moov", b"IDAT", b"\xff\xd8", b"\xff\xc0", b"9" * 30, b'"', b"[", b"=", b"\n",
)  # fmt: skip
_TOKEN = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?|\"[^\"\n]*\"|true|false")


def damaged(data: bytes, chance: random.Random) -> bytes:
    """One to eight places changed, cut, doubled or moved; mostly small, so that much is left."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        at = chance.randrange(max(1, len(out)))
        match chance.randrange(8):
            case 0 | 1 | 2:
                out[at : at + 1] = bytes([chance.randrange(256)])
            case 3:
                word = chance.choice(_WORDS)
                out[at : at + len(word)] = word
            case 4:
                out[at : at + 1] = bytes([(out[at] if out else 0) ^ 1 << chance.randrange(8)])
            case 5:
                length = chance.choice((1, 4, 64, 1024))
                del out[at : at + length]
            case 6:
                length = chance.choice((4, 64, 1024))
                out[at:at] = out[at : at + length]
            case _:
                if chance.random() < 0.2:
                    del out[at:]
    return bytes(out)


def changed_json(data: bytes, chance: random.Random) -> bytes:
    """The document with some of its values replaced, dropped, doubled or under other names."""
    document = json.loads(data)
    for _ in range(chance.choice((1, 1, 2, 4))):
        _change(document, chance)
    return json.dumps(document).encode("utf-8", "surrogatepass")


def _change(node: Any, chance: random.Random) -> None:
    """One change somewhere below."""
    while True:
        keys = list(node) if isinstance(node, dict) else range(len(node))
        if not keys:
            return
        key = chance.choice(list(keys))
        if isinstance(node[key], dict | list) and node[key] and chance.random() < 0.8:
            node = node[key]
            continue
        match chance.randrange(6):
            case 0:
                del node[key]
            case 1 if isinstance(node, dict):
                node[f"{key}{chance.choice(('', 'x', ' '))}"] = node.pop(key)
            case 2 if isinstance(node, list):
                node.append(node[key])
            case 3 if isinstance(node[key], int | float) and not isinstance(node[key], bool):
                node[key] = node[key] * chance.choice((-1, 0, 2, 1e3, 1e18))
            case _:
                node[key] = copy.deepcopy(chance.choice(_VALUES))  # or it would be changed too
        return


def nested(data: bytes, chance: random.Random) -> bytes:
    """A value so deep that a reader which calls itself runs out of stack."""
    found = list(_TOKEN.finditer(data.decode()))
    token, depth = chance.choice(found), chance.choice((100, 2_000, 50_000))
    deep = "[" * depth + "]" * depth
    text = data.decode()
    return (text[: token.start()] + deep + text[token.end() :]).encode()


def changed_toml(data: bytes, chance: random.Random) -> bytes:
    """The file with one or two of its values replaced by others that TOML knows."""
    text = data.decode()
    for _ in range(chance.choice((1, 1, 2))):
        found = list(_TOKEN.finditer(text))
        if not found:
            break
        token = chance.choice(found)
        new = chance.choice(
            ('""', '"x"', '"²"', '"a:²"', '":0"', '"[::1]:5"', "0", "-1", "1e308", "nan", "inf",
             "true", "[]", "[1, 2]", "{}", "99999999999999999999", "1979-05-27", '"\\u0000"',
             f'"{"a" * 300}"', token[0], token[0]),
        )  # fmt: skip
        text = text[: token.start()] + new + text[token.end() :]
    return text.encode()
