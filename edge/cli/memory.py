"""How much memory measuring takes, said before libraries run into a limit."""

from __future__ import annotations

import resource

from edge.errors import MemoryShort

REMEDY = "Give it more memory (`ulimit -v`, the service's MemoryMax)."
_LEAST_ADDRESSES_BYTES = 1_300_000_000


def check_memory() -> None:
    """Libraries that run into `ulimit -v` while they load end the process without a word.

    Raises
    ------
    MemoryShort : the limit is too low for the networks' libraries.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < _LEAST_ADDRESSES_BYTES:
        raise MemoryShort(
            f"the limit of memory (`ulimit -v`) is {limit / 1e6:.0f} MB, and measuring takes "
            f"{_LEAST_ADDRESSES_BYTES / 1e6:.0f} MB of addresses.",
            REMEDY,
        )
