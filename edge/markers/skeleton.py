"""A body's keypoints together with those of its stickers."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

from edge.markers.protocol import PROTOCOLS, ProtocolName
from edge.markers.stickers import Stickers
from edge.skeletons import Skeleton


@cache
def marked_skeleton(
    body: Skeleton, stickers: Stickers | None, protocols: tuple[ProtocolName, ...]
) -> Skeleton:
    """The body's keypoints, and those of the stickers that it lacks."""
    chain = stickers.vertebrae if stickers is not None else ()
    targets = [name for protocol in protocols for name in PROTOCOLS[protocol].keypoints]
    names = tuple(dict.fromkeys((*body.keypoints, *chain, *targets)))
    rows = [names.index(name) for name in chain]
    limbs = tuple(pairwise(rows))
    if names == body.keypoints and not limbs:
        return body
    kinds = (f"STICKERS-{len(chain)}",) * bool(chain) + protocols
    return Skeleton("+".join((body.name, *kinds)), names, body.limbs + limbs, body.midpoints)
