"""What `--markers` asks for: names of protocols, and the colour of stickers on the spine."""

from __future__ import annotations

from collections.abc import Sequence

from edge.errors import SettingsInvalid
from edge.estimation.estimator import Estimator
from edge.markers.estimator import MarkerEstimator
from edge.markers.protocol import ProtocolName, protocol_named
from edge.markers.stickers import Stickers


def with_markers(estimator: Estimator, asked: Sequence[str]) -> Estimator:
    """The estimator, which also finds these; as it is where nothing is asked for.

    Raises
    ------
    SettingsInvalid : neither a protocol nor a colour, or two colours.
    """
    if not asked:
        return estimator
    colours = [each for each in asked if each.startswith("#")]
    if len(colours) > 1:
        raise SettingsInvalid(
            f"Stickers on the spine are of one colour, not of {', '.join(colours)}.", "Name one."
        )
    protocols: list[ProtocolName] = [
        protocol_named(each).name for each in asked if not each.startswith("#")
    ]
    stickers = Stickers(colours[0]) if colours else None
    return MarkerEstimator(estimator, stickers, tuple(dict.fromkeys(protocols)))
