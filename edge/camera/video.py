"""Video files as a source of frames, at their own pace or as fast as they decode."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from edge.camera.clip import Clip
from edge.camera.slot import CaptureThread, FrameSlot
from edge.errors import ImageUnreadable
from edge.records import Frame, Origin
from edge.shown import shown


class VideoFileCamera:
    """A recorded video; `fast` reads every frame, otherwise frames come at their own pace.

    interval : of so many frames one is decoded, the last: 3 gives the third, the sixth, the ninth.
        frame_count and fps are of these.
    """

    origin: Origin = "file"

    def __init__(self, path: Path, *, fast: bool, stall_s: float, interval: int = 1) -> None:
        self.name = shown(path)
        self._path = path
        self._fast = fast
        self._interval = interval
        self._stall_s = stall_s
        self._thread: CaptureThread | None = None
        self._broken = False
        self.frame_count = 0
        self.fps = 0.0

    def open(self) -> None:
        clip = Clip(self._path)
        self._broken = False
        self.frame_count = clip.frame_count // self._interval
        self.fps = clip.fps / self._interval
        self._thread = CaptureThread(
            self.name,
            lambda slot: self._frames(clip, slot),
            overwrite=not self._fast,
            stall_s=self._stall_s,
        )
        self._thread.start()

    def _frames(self, clip: Clip, slot: FrameSlot) -> Iterator[Frame]:
        began_s = time.monotonic()
        try:
            while not slot.closed and (grabbed := clip.grab()) is not None:
                if (grabbed.number + 1) % self._interval:
                    continue
                if not self._fast:
                    time.sleep(max(0.0, began_s + grabbed.time_s - time.monotonic()))
                captured_ns = round(grabbed.time_s * 1e9)
                yield Frame(clip.picture(), grabbed.number, captured_ns, name=self.name)
        finally:
            clip.close()

    def read(self) -> Frame | None:
        """The next frame. Raises ImageUnreadable once where the file breaks off: then it ends."""
        if self._thread is None or self._broken:
            return None
        try:
            return self._thread.take()
        except ImageUnreadable:
            self._broken = True
            raise

    def pace(self, _most_fps: float) -> None:
        """Changes nothing: every frame is read."""

    def close(self) -> None:
        if self._thread is not None:
            self._thread.close()

    @property
    def dropped(self) -> int:
        return 0 if self._thread is None else self._thread.dropped
