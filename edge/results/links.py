"""What messages leave in the chain when their bodies go: the hashes at both ends of each run."""

from __future__ import annotations

import re
from collections.abc import Iterable

from edge.wire.event import Link

MOST_LINKS = 32  # 200 bytes each: an event has room for little more

_HASHES = re.compile("[0-9a-f]{64} [0-9a-f]{64}")  # a disk may have changed them


def links_of(rows: Iterable[tuple[int, str, str]]) -> tuple[Link, ...]:
    """Join neighbours into runs.

    Parameters
    ----------
    rows : seq, sha256 and prev_sha256 of each message that goes.

    Returns
    -------
    The first 32 runs; breaks beyond them cannot be judged.
    """
    runs: list[Link] = []
    whole = [row for row in rows if _HASHES.fullmatch(f"{row[1]} {row[2]}")]
    for seq, sha256, prev_sha256 in sorted(whole):
        if runs and runs[-1].last == seq - 1 and runs[-1].sha256 == prev_sha256:
            runs[-1] = Link(runs[-1].first, seq, runs[-1].prev_sha256, sha256)
        else:
            runs.append(Link(seq, seq, prev_sha256, sha256))
    return tuple(runs[:MOST_LINKS])
