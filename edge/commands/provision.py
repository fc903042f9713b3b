"""`posture-station provision`: who this station is; nothing starts before that is certain."""

from __future__ import annotations

import contextlib
from pathlib import Path

from rich.console import Console

from edge.appliance.board import board_id
from edge.appliance.provision import SETTINGS_NAME, Places, provision, report
from edge.camera.sources import NO_CAMERA
from edge.errors import PostureError
from edge.settings import load_settings

PLACES = Places(
    # Raspberry Pi OS; older images and Debian; the EFI partition of a Jetson.
    boot=(Path("/boot/firmware"), Path("/boot"), Path("/boot/efi")),
    settings=Path("/var/lib/posture/settings"),
)


def run(places: Places = PLACES) -> int:
    try:
        station, refusal = provision(places, board_id(places.root))
    except PostureError as error:
        with contextlib.suppress(OSError):  # the error itself must not be hidden by its report
            report(places, str(error))
        raise
    said = f"This is station {station}."
    if refusal is not None:
        said += f" It stays as it was: {refusal}"
    elif not load_settings(places.settings / SETTINGS_NAME).camera.source:
        said += f" {NO_CAMERA}"
    with contextlib.suppress(OSError):
        report(places, said)
    Console().print(said, highlight=False, markup=False, soft_wrap=True)
    return 0
