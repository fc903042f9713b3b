"""At each boot: take `posture.toml` from the boot partition, or prove that nothing was copied.

What is taken is written whole before the file is removed, and the identity last: a power cut at
any moment leaves the old station, or the file to be taken again.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edge.appliance.first_boot import CA_NAME, SITE_KEY_NAME, FirstBoot, parse_first_boot
from edge.errors import IdentityRefused, SettingsInvalid
from edge.files import sync_folder, write_durably, write_toml

FIRST_BOOT_NAME = "posture.toml"
STATUS_NAME = "posture-status.txt"
SETTINGS_NAME = "station.toml"
TOKEN_NAME = "mqtt-password"  # noqa: S105 - a file's name
ENROL_NAME = "enrol-token"
IDENTITY_NAME = "identity.json"
UPDATE_ROOT_NAME = "update-root.json"

_PUBLIC, _SECRET = 0o644, 0o600
_OWN_FILE = f"Put a {FIRST_BOOT_NAME} with site, station and broker on the boot partition."


@dataclass(frozen=True)
class Places:
    """boot : where a boot partition may be mounted, best first. settings : what is kept. root : of
    the file system in which the board says which one it is."""

    boot: tuple[Path, ...]
    settings: Path
    root: Path = Path("/")


def provision(places: Places, board: str) -> tuple[str, SettingsInvalid | None]:
    """The station's id, once it is certain that it belongs to this board.

    board : as `board_id` names it. With the id comes why a new file was not taken, if one was
    not: a station that works is not stopped by a slip of the pen.

    Raises
    ------
    SettingsInvalid : the first file makes no sense, or its secret cannot be removed.
    IdentityRefused : there is no identity yet, or it is another board's.
    """
    refusal = None
    boot = next((folder for folder in places.boot if (folder / FIRST_BOOT_NAME).exists()), None)
    if boot is not None:
        try:
            _take(boot, places.settings, board)
        except SettingsInvalid as error:
            refusal = error
    try:
        station = _proven(places.settings / IDENTITY_NAME, board)
    except IdentityRefused as error:
        raise refusal or error from error
    token = places.settings / ENROL_NAME
    if not token.exists():  # a station of version 0.1, whose engine's unit now asks for the file
        write_durably(token, b"", mode=_SECRET)
    return station, refusal


def _take(boot: Path, folder: Path, board: str) -> None:
    path = boot / FIRST_BOOT_NAME
    try:
        with path.open("rb+") as file:  # what could not be removed afterwards is not taken
            data = file.read()
        if data.strip(b"\0"):  # else a power cut came between the wiping and the removal
            first = parse_first_boot(data.decode("utf-8-sig"), str(path), folder)
            root_keys = boot / UPDATE_ROOT_NAME
            _keep(first, folder, root_keys.read_bytes() if root_keys.exists() else b"")
            identity = {"station": first.settings.station, "board": board}
            write_durably(folder / IDENTITY_NAME, json.dumps(identity).encode(), mode=_PUBLIC)
        _wipe(path, len(data))
    except UnicodeDecodeError as error:
        raise SettingsInvalid(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from error
    except OSError as error:
        raise SettingsInvalid(
            f"{path} cannot be taken: {error.strerror}.",
            f"It holds a secret: make its folder writable, mount -o remount,rw {boot}.",
        ) from error


def _keep(first: FirstBoot, folder: Path, root_keys: bytes) -> None:
    settings = first.settings
    write_durably(folder / TOKEN_NAME, first.token.encode(), mode=_SECRET)
    write_durably(folder / ENROL_NAME, first.enrol.encode(), mode=_SECRET)
    write_durably(folder / CA_NAME, first.ca.encode(), mode=_PUBLIC)
    write_durably(folder / SITE_KEY_NAME, first.site_key.encode(), mode=_PUBLIC)
    if root_keys:
        path = folder / UPDATE_ROOT_NAME
        write_durably(path, root_keys, mode=_PUBLIC)
        update = msgspec.structs.replace(settings.update, root_file=str(path))
        settings = msgspec.structs.replace(settings, update=update)
    write_toml(folder / SETTINGS_NAME, settings, mode=_PUBLIC)


def _wipe(path: Path, size_bytes: int) -> None:
    """Overwrite, then remove. A card may keep old blocks: who fears that changes the token."""
    with path.open("rb+") as file:
        file.write(b"\0" * size_bytes)
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    sync_folder(path.parent)


def _proven(path: Path, board: str) -> str:
    try:
        identity = json.loads(path.read_bytes())
        station, of_board = str(identity["station"]), str(identity["board"])
    except FileNotFoundError as error:
        raise IdentityRefused("this station has no identity yet.", _OWN_FILE) from error
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise IdentityRefused(f"{path} cannot be read: {error}.", _OWN_FILE) from error
    if of_board != board:
        raise IdentityRefused(
            f"the identity of {station} belongs to another board: this card is a copy.",
            f"{_OWN_FILE} With the same station it moves here, and the other board must go.",
        )
    return station


def report(places: Places, text: str) -> None:
    """Say on the boot partition what happened: a technician with a card reader sees no journal."""
    for boot in places.boot:
        if boot.is_mount():
            (boot / STATUS_NAME).write_text(text + "\n", encoding="utf-8")
            return
