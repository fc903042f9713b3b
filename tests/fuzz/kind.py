"""What a kind of file is to the fuzzer, and which first decoders there are."""

from __future__ import annotations

import json
import random
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.errors import NOT_TOML
from fuzz.mutate import changed_json, changed_toml, damaged, nested

Mutate = Callable[[bytes, random.Random], bytes]
Files = list[tuple[str, bytes]]

JSON: tuple[Mutate, ...] = (*[changed_json] * 6, *[damaged] * 3, nested)
TOML: tuple[Mutate, ...] = (*[changed_toml] * 6, *[damaged] * 3, nested)


@dataclass(frozen=True)
class Kind:
    """count : how many of it at least. whole : files that can be read, as (suffix, bytes).

    read : raises PostureError, or nothing. deep : whether its first decoder takes the bytes.
    """

    count: int
    whole: Callable[[], Files]
    mutate: tuple[Mutate, ...]
    read: Callable[[Path], None]
    deep: Callable[[bytes], bool]


def one(suffix: str, content: bytes) -> Callable[[], Files]:
    """A kind of which there is one whole file."""
    return lambda: [(suffix, content)]


def is_toml(data: bytes) -> bool:
    try:
        tomllib.loads(data.decode())
    except NOT_TOML:
        return False
    return True


def is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True
