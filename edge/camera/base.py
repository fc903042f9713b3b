"""The one interface of every source of frames."""

from __future__ import annotations

from typing import Protocol, get_args

from edge.records import Frame, Origin


class Camera(Protocol):
    """A source of frames: `open`, `read` until it returns None, `close`.

    name : what people call it (a path, a device, a URI without its password).
    dropped : frames that the source produced and nobody read.

    One may say by an attribute `origin` what it is (`edge.records.Origin`): see `origin_of`.
    """

    @property
    def name(self) -> str: ...

    @property
    def dropped(self) -> int: ...

    def open(self) -> None:
        """Raise SourceInvalid, CameraLost or CameraStalled where no frame can come."""

    def read(self) -> Frame | None:
        """Return the next frame, or None once the source has ended (devices never do).

        Raises
        ------
        CameraStalled : nothing came within the stated time.
        CameraLost : the device went away, or its pictures are none of 8 bits a colour.
        CameraHung : only a new process can open it again.
        ImageUnreadable : this one picture is damaged; the next call goes on with the next.
        """

    def pace(self, most_fps: float) -> None:
        """Deliver at most so many frames a second from now on.

        A device then spares the work on the others; a recorded source leaves none out.
        """

    def close(self) -> None:
        """Let go of the device; harmless when repeated.

        Raises
        ------
        CameraHung : a call into its driver does not return.
        """


def origin_of(camera: Camera) -> Origin:
    """What a camera says of its frames; `unknown` for one that does not, or uses another word."""
    said = getattr(camera, "origin", "unknown")
    return next((origin for origin in get_args(Origin) if origin == said), "unknown")
