"""The operator's word about this station's models, on its way from the uplink to the updater.

The uplink may not see the model folder, and the updater not the outbox: they meet in one file in
a folder of its own. Without it the signed offers alone decide.
"""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from edge.errors import MessageRefused, OutboxFull
from edge.files import make_folder, write_durably
from edge.results.outbox import Outbox
from edge.wire.clock import Instant
from edge.wire.codec import decode, encode
from edge.wire.commands import Desired
from edge.wire.fields import MOST

log = logging.getLogger(__name__)

FILE_NAME = "desired/models.json"  # in the state folder
_AHEAD_S = 86_400  # an operator's clock may be wrong by this


def load_desired(path: Path) -> Desired:
    """What was last wanted; a file that is not there, or not ours, wants nothing.

    write_durably leaves no half file, so a damaged one comes from a failing disk: the station goes
    on by the signed offers, and the next retained message mends the file.
    """
    try:
        return decode(path.read_bytes(), Desired)
    except (OSError, MessageRefused):
        return Desired(version=0)


def keep_desired(path: Path, body: bytes, now: Instant) -> Desired | None:
    """Keep a message for the updater; None where this one is already there.

    A version is the time in seconds, or little more. One from the future would lock out every
    wish before it: where the clock is right it is not taken, and if it was, it holds nothing back.

    Raises
    ------
    MessageRefused : not a desired message, older than the one obeyed, or from the future.
    OSError : it cannot be written.
    """
    wanted, known = decode(body, Desired), load_desired(path)
    if wanted == known:
        return None
    latest = now.utc_ns // 1_000_000_000 + _AHEAD_S if now.state == "synced" else MOST
    if wanted.version > latest:
        raise MessageRefused(f"version {wanted.version} lies in the future.")
    if wanted.version <= known.version <= latest:
        raise MessageRefused(f"version {known.version} is obeyed, so {wanted.version} is too old.")
    make_folder(path.parent)
    write_durably(path, encode(wanted))
    return wanted


def take_desired(path: Path, outbox: Outbox, body: bytes) -> None:
    """Keep what the broker retains, and answer it once with an event.

    What a full disk or outbox refuses is told in the journal only: the results that would make
    room must go on. A message that could not be kept comes again with the next connection.

    Raises
    ------
    MessageRefused : as `keep_desired`.
    """
    try:
        wanted = keep_desired(path, body, outbox.now())
        if wanted is not None:
            said = msgspec.to_builtins(wanted)
            said["desired_version"] = said.pop("version")
            outbox.accept_event("model", {"step": "desired", "reason": "ok", **said})
    except (OSError, OutboxFull) as problem:
        log.warning("desired: %s", problem)
