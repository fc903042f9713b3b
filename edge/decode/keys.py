"""Scores and numbers packed into one integer each, so that one integer sort orders them."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from edge.decode.kernel import kernel, types

_FEW, _MANY = 6, 128


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
    """Sort the first `count` keys, all of them different: best score first.

    The library's sort and insertion have the processor guess at every comparison, and half of its
    guesses are wrong. Counting how many come before each needs n^2 comparisons, but no guess.
    """
    if count > _MANY:
        keys[:count].sort()
    elif count > _FEW:
        copy = keys[:count].copy()
        for i in range(count):
            key, before = copy[i], 0
            for j in range(count):
                before += copy[np.uint64(j)] < key
            keys[before] = key
    else:
        for i in range(1, count):
            key = keys[i]
            at = i
            while at > 0 and keys[at - 1] > key:
                keys[at] = keys[at - 1]
                at -= 1
            keys[at] = key
