"""Hand frames from a capture thread to a reader, with a time limit on both sides.

A capture call that never returns (a glitching cable, a dead network camera) must not hang the
reader, so capturing runs in a thread of its own and the reader waits with a limit. A live source
overwrites the waiting frame: the newest wins and what nobody read is counted. A recorded source
that is read as fast as possible waits instead: nothing is dropped.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from edge.errors import CameraHung, CameraLost, CameraStalled, PostureError
from edge.records import Frame

# OpenCV waits 10 s for a V4L2 frame before it gives up; who comes back later than that has hung.
LETS_GO_S = 12.0


class FrameSlot:
    """A slot for one frame between one writer and one reader."""

    def __init__(self, *, overwrite: bool) -> None:
        self._overwrite = overwrite
        self._changed = threading.Condition()
        self._frame: Frame | None = None
        self._failure: PostureError | None = None
        self._ended = False
        self._closed = False
        self.dropped = 0

    def put(self, frame: Frame) -> bool:
        """Offer a frame; False once the reader has closed the slot."""
        with self._changed:
            if self._overwrite:
                self.dropped += self._frame is not None
            else:
                self._changed.wait_for(lambda: self._frame is None or self._closed)
            if self._closed:
                return False
            self._frame = frame
            self._changed.notify_all()
            return True

    def end(self, failure: PostureError | None = None) -> None:
        """No more frames: the source ended, or failed."""
        with self._changed:
            self._ended, self._failure = True, failure
            self._changed.notify_all()

    def take(self, limit_s: float, name: str) -> Frame | None:
        """Wait for the next frame; None at the end.

        Raises CameraStalled after `limit_s`, or what the writer failed with.
        """
        with self._changed:
            came = self._changed.wait_for(lambda: self._frame is not None or self._ended, limit_s)
            if not came:
                raise CameraStalled(
                    f"{name} delivered no frame within {limit_s:g} s.",
                    "Check cable and power; the station opens it again by itself.",
                )
            frame, self._frame = self._frame, None
            self._changed.notify_all()
            if frame is None and self._failure is not None:
                raise self._failure
            return frame

    def close(self) -> None:
        """The reader leaves: a waiting writer is let go."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        return self._closed


class CaptureThread:
    """Runs a capture loop until it ends, fails or is closed.

    stall_s : how long `take` waits for a frame. start_s : how much longer for the first.
    """

    def __init__(
        self,
        name: str,
        frames: Callable[[FrameSlot], Iterator[Frame]],
        *,
        overwrite: bool,
        stall_s: float,
        start_s: float = 0.0,
    ) -> None:
        self._name = name
        self._stall_s = stall_s
        self._start_s = start_s
        self._slot = FrameSlot(overwrite=overwrite)
        self._frames = frames
        # A daemon: a capture call that never returns must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name=f"capture {name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        failure: PostureError | None = CameraLost(
            f"the capture of {self._name} broke off.", "The journal shows where."
        )
        try:
            for frame in self._frames(self._slot):
                if not self._slot.put(frame):
                    break
            failure = None
        except PostureError as error:
            failure = error
        finally:  # whatever happened, the reader must not be left waiting
            self._slot.end(failure)

    def take(self) -> Frame | None:
        frame = self._slot.take(self._stall_s + self._start_s, self._name)
        self._start_s = 0.0
        return frame

    def close(self) -> None:
        """End the capture.

        Raises
        ------
        CameraHung : its thread does not come back from the driver, and holds the device.
        """
        self._slot.close()
        self._thread.join(LETS_GO_S)
        if self._thread.is_alive():
            raise CameraHung(
                f"{self._name} hangs: a call into its driver has not returned.",
                "Start the program anew (systemd does it by itself); if that does not help, cut "
                "the camera's power.",
            )

    @property
    def dropped(self) -> int:
        return self._slot.dropped
