"""Who asked for a screening: an order by command or badge, and how it comes from the network side.

The process with the network puts an order into the state directory; the process with the camera
takes it from there. An order that nobody takes up is replaced by the next.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from edge.errors import MessageRefused
from edge.records import Asked

FILE_NAME = "order.json"

Opaque = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


class Inputs(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What an operator knows and no camera sees.

    tibia_height_mm : of the tibial tuberosity over the floor. hand_length_mm : from the crease of
        the wrist to the tip of the third finger.
    """

    stature_mm: Annotated[float, msgspec.Meta(ge=500, le=2500)] | None = None
    sex: Literal["female", "male"] | None = None
    hand_length_mm: Annotated[float, msgspec.Meta(ge=80, le=300)] | None = None
    tibia_height_mm: Annotated[float, msgspec.Meta(ge=200, le=700)] | None = None
    pain: bool | None = None


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One screening asked for.

    code : opaque, of the person or the appointment; the station knows nobody by name.
    consent_version : of the text that the person agreed to.
    """

    code: Opaque
    consent_version: Opaque
    inputs: Inputs = Inputs()

    def asked(self, by: Literal["command", "badge"]) -> Asked:
        inputs = msgspec.to_builtins(self.inputs)
        return Asked(by, self.code, self.consent_version, tuple(sorted(inputs.items())))


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
        except msgspec.DecodeError as error:
            raise MessageRefused(
                f"not an order: {error}.", "Send code, consent_version and, if known, inputs."
            ) from error
        fresh = self._path.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(order))
        fresh.replace(self._path)
        return {"code": order.code}

    def take(self) -> Order | None:
        """The waiting order, once; a damaged file is removed and none."""
        try:
            body = self._path.read_bytes()
            self._path.unlink()
            return msgspec.json.decode(body, type=Order)
        except (FileNotFoundError, msgspec.DecodeError):
            return None
