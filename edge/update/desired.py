"""What the operator wants of this station's models: pin, force, hold.

The uplink writes the retained MQTT message `desired` to a file; the updater and the engine read it.
Without the file the signed offers alone decide.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from edge.errors import MessageRefused
from edge.update.durable import make_folder, write_durably
from edge.update.offer import Sha256, Slot

FILE_NAME = "desired.json"


class Desired(msgspec.Struct, frozen=True, tag_field="schema", tag="ps.desired/1"):
    """Declarative and versioned: a message with a lower version than the last one is ignored.

    hold : take no new model.
    pin : slot -> sha256 of the one file it may take, whatever its ring and version.
    force : sha256 of files to offer again although they were rolled back here. It counts once:
        a file that fails again under this version of `desired` stays out.
    """

    version: Annotated[int, msgspec.Meta(ge=0)] = 0
    hold: bool = False
    pin: dict[Slot, Sha256] = {}
    force: tuple[Sha256, ...] = ()


def parse_desired(body: bytes) -> Desired:
    """Read the message; MessageRefused says what is wrong with it."""
    try:
        return msgspec.json.decode(body, type=Desired)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MessageRefused(f"not a desired message: {error}.") from error


def load_desired(folder: Path) -> Desired:
    """What was last wanted; a file that is not there, or not ours, wants nothing.

    write_durably leaves no half file, so a damaged one comes from a failing disk: the station goes
    on by the signed offers, and the next retained message mends the file.
    """
    try:
        return parse_desired((folder / FILE_NAME).read_bytes())
    except (OSError, MessageRefused):
        return Desired()


def keep_desired(folder: Path, body: bytes) -> bool:
    """Keep a message for the updater; False where a newer one is already there.

    Raises
    ------
    MessageRefused : not a desired message.
    """
    wanted = parse_desired(body)
    if wanted.version < load_desired(folder).version:
        return False
    make_folder(folder)
    write_durably(folder / FILE_NAME, msgspec.json.encode(wanted))
    return True
