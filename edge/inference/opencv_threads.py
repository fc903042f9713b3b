"""OpenCV's threads, which a process that runs networks must not have."""

from __future__ import annotations

import cv2


def leave_cores_to_networks() -> None:
    """Give OpenCV one thread in this process; said once, where a program is put together.

    OpenCV's own threads spin for a while after each picture that they shrink, and take the cores
    from the network that follows: `posture-station bench` on two cores prints 25 ms a frame with
    one thread and 33 without.
    """
    cv2.setNumThreads(1)
