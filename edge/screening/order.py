"""Who asked for a screening: an order by command or badge, and how it comes from the network side.

The process with the network puts an order into the state directory; the process with the camera
takes it from there. An order that nobody takes up is replaced by the next.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from edge.errors import NOT_JSON, MessageRefused
from edge.files import write_durably
from edge.wire.order import Order

FILE_NAME = "order.json"


class OrderBox:
    """One waiting order, in a file that is replaced and removed as a whole."""

    def __init__(self, state_path: Path) -> None:
        self._path = state_path / FILE_NAME

    def put(self, body: bytes) -> dict[str, Any]:
        """The handler of the command `screen`: check the order and leave it for the camera.

        Raises
        ------
        MessageRefused : not an order; says which field is wrong.
        """
        try:
            order = msgspec.json.decode(body, type=Order)
        except NOT_JSON as error:
            raise MessageRefused(
                f"not an order: {error}.", "Send code, consent_version and, if known, inputs."
            ) from error
        write_durably(self._path, msgspec.json.encode(order))
        return {"code": order.code}

    def cancel(self, code: str) -> bool:
        """Remove the waiting order if it is for this code; False otherwise."""
        try:
            order = msgspec.json.decode(self._path.read_bytes(), type=Order)
        except (OSError, *NOT_JSON):
            return False
        if order.code == code:
            self._path.unlink(missing_ok=True)
        return order.code == code

    def take(self) -> Order | None:
        """Take the waiting order and remove its file; None without one, or where it is damaged."""
        try:
            body = self._path.read_bytes()
            self._path.unlink()
            return msgspec.json.decode(body, type=Order)
        except (FileNotFoundError, *NOT_JSON):
            return None
