"""Points set by hand, over a skeleton that has room for them."""

from __future__ import annotations

import numpy as np
from simulators.standing_person import seen

from edge.posture.hand_set import extended, over
from edge.skeletons import COCO_17


def test_a_pose_over_its_own_skeleton_is_itself_and_over_a_wider_one_lacks_the_rest() -> None:
    pose = seen("front", sigma_px=1.0)
    assert extended(COCO_17, ["nose"]) is COCO_17
    assert over(pose, COCO_17) is pose
    wider = extended(COCO_17, ["C7", "nose", "C7", "right_asis"])
    found = over(pose, wider)
    assert wider.keypoints == (*COCO_17.keypoints, "C7", "right_asis")
    assert np.array_equal(found.keypoints[:17], pose.keypoints)
    assert (found.keypoints[17:, 2] == 0.0).all()
    assert found.placed is None
