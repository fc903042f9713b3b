"""People out of connections: the strongest join first, and what contradicts them is dropped.

A piece is a part of one person: at most one peak of each keypoint. Connections of all limbs are
taken in one order, best first, as Kruskal's algorithm takes edges: each starts a piece, adds a
peak to one, joins two, or confirms what is known. One that would give a person two peaks of a
keypoint, or a peak to two people, is the weaker side of a conflict. So redundant limbs decide
conflicts, no keypoint is the root that all depends on, and the order of the limbs changes nothing.
"""

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: PLR0917 - a kernel takes its arrays one by one

from __future__ import annotations

from edge.decode.kernel import frozen_array, kernel, types
from edge.decode.keys import pair_key, sort_keys
from edge.decode.limbs import LIMB, PEAK_A, PEAK_B
from edge.decode.peaks import SCORE

# One piece's evidence: sum of its peaks' scores, sum of its connections' scores, their numbers.
PEAK_SUM, LIMB_SUM, PARTS, LIMBS = range(4)
EVIDENCE_FIELDS = 4

_pieces = types.int32[:, ::1]


@kernel(types.void(_pieces, types.float32[:, ::1], types.int32[:, ::1], types.int64, types.int64))
def join(pieces, evidence, owner, into, other):
    """Move everything of piece `other` to piece `into`; their keypoints must be different ones."""
    for j in range(pieces.shape[1]):
        if pieces[other, j] >= 0:
            pieces[into, j] = pieces[other, j]
            owner[j, pieces[other, j]] = into
            pieces[other, j] = -1
    for field in range(EVIDENCE_FIELDS):
        evidence[into, field] += evidence[other, field]
        evidence[other, field] = 0


@kernel(types.boolean(_pieces, types.int64, types.int64))
def disjoint(pieces, one, other):
    """Whether no keypoint has a peak in both pieces."""
    shared = False
    for j in range(pieces.shape[1]):
        shared |= pieces[one, j] >= 0 and pieces[other, j] >= 0
    return not shared


@kernel(
    types.void(
        _pieces,
        types.float32[:, ::1],
        types.int32[:, ::1],
        types.float32[:, :, ::1],
        types.int64,
        types.int64,
        types.int64,
    )
)
def add_peak(pieces, evidence, owner, peaks, piece, keypoint, peak):
    """Give a peak of a keypoint to a piece that has none of it."""
    pieces[piece, keypoint] = peak
    owner[keypoint, peak] = piece
    evidence[piece, PEAK_SUM] += peaks[keypoint, peak, SCORE]
    evidence[piece, PARTS] += 1


@kernel(
    types.Tuple((types.int64, types.boolean))(
        frozen_array(types.int32, 2),
        types.float32[:, :, ::1],
        types.int32[:, ::1],
        types.float32[::1],
        types.int64,
        types.int64[::1],
        types.int32[:, ::1],
        _pieces,
        types.float32[:, ::1],
    )
)
def assemble(limbs, peaks, connections, scores, count, keys, owner, pieces, evidence):
    """Fill `pieces` (n, K) with peak numbers or -1, and their `evidence` (n, EVIDENCE_FIELDS).

    connections, scores : the first `count` are valid, see limbs.connect. keys : working memory.
    owner : int32 (K, capacity), the piece of every peak, -1 for a peak without one.
    Returns how many pieces there are (some empty), and whether some had to be left out.
    """
    owner[:] = -1
    truncated = False
    total = 0
    for c in range(count):
        keys[c] = pair_key(scores[c], c)
    sort_keys(keys, count)
    for k in range(count):
        c = keys[k] & 0xFFFFFFFF
        a, b = limbs[connections[c, LIMB], 0], limbs[connections[c, LIMB], 1]
        peak_a, peak_b = connections[c, PEAK_A], connections[c, PEAK_B]
        of_a, of_b = owner[a, peak_a], owner[b, peak_b]
        if of_a < 0 and of_b < 0:
            if total == len(pieces):
                truncated = True
                continue
            of_a = total
            total += 1
            pieces[of_a] = -1
            evidence[of_a] = 0
            add_peak(pieces, evidence, owner, peaks, of_a, a, peak_a)
            add_peak(pieces, evidence, owner, peaks, of_a, b, peak_b)
        elif of_b < 0:
            if pieces[of_a, b] >= 0:
                continue
            add_peak(pieces, evidence, owner, peaks, of_a, b, peak_b)
        elif of_a < 0:
            if pieces[of_b, a] >= 0:
                continue
            add_peak(pieces, evidence, owner, peaks, of_b, a, peak_a)
            of_a = of_b
        elif of_a != of_b:
            if not disjoint(pieces, of_a, of_b):
                continue
            join(pieces, evidence, owner, of_a, of_b)
        evidence[of_a, LIMB_SUM] += scores[c]
        evidence[of_a, LIMBS] += 1
    return total, truncated
