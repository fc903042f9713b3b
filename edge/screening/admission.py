"""How a screening starts: by stepping up, by a command, or by a badge shown to the camera.

A badge is a QR code with the text `PS1:CODE:CONSENT`: an opaque code and the version of the consent
text that its owner agreed to. What else a code may say is nobody's business here.
"""

from __future__ import annotations

from typing import Literal

import cv2
import msgspec

from edge.records import Asked, Frame
from edge.screening.order import OrderBox
from edge.wire.order import BADGE, Inputs, Order

_LOOK_EVERY_NS = 500_000_000
_LOOK_PX = 960  # longer side; a badge is held up near the camera, and a search of more is slow
_VALID_NS = 120_000_000_000  # an order that nobody takes up lapses


class Admission:
    """Looks for orders while nobody is screened.

    start : "presence" screens whoever steps up; "asked" only who was asked for.
    """

    def __init__(self, start: Literal["presence", "asked"], box: OrderBox | None = None) -> None:
        self._start = start
        self._box = box
        self._reader = cv2.QRCodeDetector()
        self._looked_ns: int | None = None
        self._order: tuple[Order, Asked] | None = None
        self._ordered_ns = 0
        self.prompt = ""  # what to say to somebody who may not enter yet

    def look(self, frame: Frame) -> None:
        """Take in an order that waits, or a badge that is shown."""
        now_ns = frame.captured_ns
        if self._looked_ns is not None and 0 <= now_ns - self._looked_ns < _LOOK_EVERY_NS:
            return
        self._looked_ns = now_ns
        if self._order is not None and now_ns - self._ordered_ns > _VALID_NS:
            self._order = None
        order = None if self._box is None else self._box.take()
        asked = None if order is None else order.asked("command")
        if order is None and self._start == "asked" and self._order is None:
            self.prompt = "show_badge"
            order = self._badge(frame)
            asked = None if order is None else order.asked("badge")
        if order is not None and asked is not None:
            self._order, self._ordered_ns = (order, asked), now_ns
            self.prompt = ""

    @property
    def awaited(self) -> str:
        """The code of the order that waits; empty without one."""
        return "" if self._order is None else self._order[0].code

    def cancel(self, code: str) -> bool:
        """Take back the order for this code; False where none waits."""
        waited = self.awaited == code
        if waited:
            self._order = None
        return (self._box is not None and self._box.cancel(code)) or waited

    def admit(self) -> tuple[Inputs, Asked | None] | None:
        """Let in whoever stands there now: what is known of them; None where they must be asked for
        first."""
        if self._order is not None:
            (order, asked), self._order = self._order, None
            return order.inputs, asked
        return (Inputs(), None) if self._start == "presence" else None

    def _badge(self, frame: Frame) -> Order | None:
        scale = min(1.0, _LOOK_PX / max(frame.width_px, frame.height_px))
        image = cv2.resize(frame.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        text, _, _ = self._reader.detectAndDecode(image)
        if not text:
            return None
        kind, _, rest = text.partition(":")
        code, _, version = rest.partition(":")
        try:
            if kind != BADGE:
                raise msgspec.ValidationError("another kind of code")
            return msgspec.convert({"code": code, "consent_version": version}, Order)
        except msgspec.ValidationError:
            self.prompt = "badge_refused"
            return None
