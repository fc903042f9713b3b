"""Writes what was found of a network into its card, from which its description is made."""

from __future__ import annotations

from pathlib import Path

import msgspec

from edge.accuracy import Accuracy
from edge.errors import NOT_JSON, SettingsInvalid
from edge.output import write_output


def into_card(path: Path, accuracy: Accuracy) -> None:
    """Replace the card's accuracy; the rest of it stays.

    Raises
    ------
    SettingsInvalid : it cannot be read or is no card. OutputFailed : it cannot be written.
    """
    try:
        card = msgspec.json.decode(path.read_bytes(), type=dict)
    except (OSError, *NOT_JSON) as error:
        raise SettingsInvalid(
            f"{path} is no card: {error}.", "Name the JSON beside the network's file."
        ) from error
    card["accuracy"] = msgspec.to_builtins(accuracy)
    write_output(path, msgspec.json.format(msgspec.json.encode(card), indent=1) + b"\n")
