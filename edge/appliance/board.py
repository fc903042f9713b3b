"""Which board this is, so that a copied card is noticed.

A card carries its machine-id along when it is copied; the serial number stays with the board. Only
where a board tells no serial number must the machine-id do.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from edge.errors import IdentityRefused

_SERIAL_NUMBERS = (
    "sys/firmware/devicetree/base/serial-number",  # Raspberry Pi, Jetson
    "sys/class/dmi/id/product_uuid",
    "sys/class/dmi/id/board_serial",
)
_MACHINE_ID = "etc/machine-id"
# What makers write who number no boards.
_PLACEHOLDERS = frozenset(
    {
        "",
        "none",
        "default string",
        "not specified",
        "not applicable",
        "to be filled by o.e.m.",
        "03000200-0400-0500-0006-000700080009",
        "uninitialized",
    }
)


def board_id(root: Path = Path("/")) -> str:
    """A digest of the board's serial number, 64 hex digits; the number itself is kept nowhere.

    Raises
    ------
    IdentityRefused : the board tells nothing of itself.
    """
    for name in (*_SERIAL_NUMBERS, _MACHINE_ID):
        try:
            told = (root / name).read_text(encoding="ascii", errors="replace")
        except OSError:
            continue
        number = told.strip(" \n\0").lower()
        if number not in _PLACEHOLDERS and set(number) - set("0f-"):
            return hashlib.sha256(f"posture-station:{name}:{number}".encode()).hexdigest()
    raise IdentityRefused(
        "this board has neither a serial number nor a machine-id.",
        "Run systemd-machine-id-setup as root, then start again.",
    )
