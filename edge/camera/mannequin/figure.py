"""The body's surface: lofts hung on the joints, dressed by the look."""

from __future__ import annotations

from edge.camera.mannequin.body import Body, Joints
from edge.camera.mannequin.head import head
from edge.camera.mannequin.limbs import arm, foot, leg, skirt
from edge.camera.mannequin.look import Look
from edge.camera.mannequin.parts import Wearer
from edge.camera.mannequin.surface import Mesh, join
from edge.camera.mannequin.torso import torso


def figure(body: Body, joints: Joints, look: Look) -> Mesh:
    """The mesh of one person in the body's own axes, m."""
    wearer = Wearer(body, joints, look)
    pieces = [*torso(wearer), *head(wearer)]
    for side, outward in (("left", 1.0), ("right", -1.0)):
        pieces += arm(wearer, side, outward)
        pieces += [leg(wearer, side), foot(wearer, side, outward)]
    if look.bottom == "skirt":
        pieces.append(skirt(wearer))
    return join(pieces)
