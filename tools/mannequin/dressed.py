"""The body's surface: lofts hung on the joints, dressed by the look."""

from __future__ import annotations

from posture_tools.mannequin.body import Body, Joints
from posture_tools.mannequin.head import head
from posture_tools.mannequin.limbs import arm, foot, leg, skirt
from posture_tools.mannequin.look import Look
from posture_tools.mannequin.parts import Wearer
from posture_tools.mannequin.surface import Mesh, join
from posture_tools.mannequin.torso import torso


def dressed(body: Body, joints: Joints, look: Look) -> Mesh:
    """The mesh of one person in the body's own axes, m."""
    wearer = Wearer(body, joints, look)
    pieces = [*torso(wearer), *head(wearer)]
    for side, outward in (("left", 1.0), ("right", -1.0)):
        pieces += arm(wearer, side, outward)
        pieces += [leg(wearer, side), foot(wearer, side, outward)]
    if look.bottom == "skirt":
        pieces.append(skirt(wearer))
    return join(pieces)
