"""Scores and numbers packed into one integer each, so that one integer sort orders them."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from edge.decode.kernel import kernel, types

_FEW = 24  # so many are sorted by insertion: the library's sort first allocates its stack


@kernel(types.int64(types.float32, types.int64))
def pair_key(score, number):
    """A number that sorts as (highest score, lowest number); score >= 0, number < 2^32.

    The bits of positive floats are ordered as the floats, so one integer sort does both.
    """
    bits = np.int64(np.float32(score).view(np.int32))
    return ((np.int64(0x7FFFFFFF) - bits) << 32) | number


@kernel(types.float32(types.int64))
def key_score(key):
    """The score that `pair_key` packed."""
    return np.int32(np.int64(0x7FFFFFFF) - (key >> 32)).view(np.float32)


@kernel(types.void(types.int64[::1], types.int64))
def sort_keys(keys, count):
    """Sort the first `count` keys: best score first."""
    if count > _FEW:
        keys[:count].sort()
        return
    for i in range(1, count):
        key = keys[i]
        at = i
        while at > 0 and keys[at - 1] > key:
            keys[at] = keys[at - 1]
            at -= 1
        keys[at] = key
