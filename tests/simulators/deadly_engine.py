"""An engine in a process of its own, which some model files kill."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from simulators.model_world import SimulatedStation
from simulators.room import PERSON, Room

from edge.estimation.single import Single
from edge.inference.network import Network


def work(station: SimulatedStation, deadly: str, where: str) -> None:
    """Serve a person for three frames; die by a signal where a file of version `deadly` does it.

    where : load, first picture, or fifth picture.
    """
    pictures = 0

    def die_of(version: str) -> None:
        if version == deadly:
            os.kill(os.getpid(), signal.SIGSEGV)

    def load(*given: Any, **options: Any) -> Network:
        network = real_load(*given, **options)
        die_of(network.identity.version)
        return network

    def estimate(single: Single, frame: Any) -> Any:
        nonlocal pictures
        pictures += 1
        if where == "first picture" or pictures == 5:
            die_of(single.models[0].version)
        return real_estimate(single, frame)

    real_load, real_estimate = Network.load, Single.estimate
    if where == "load":
        Network.load = load  # type: ignore[method-assign,assignment]
    Single.estimate = estimate  # type: ignore[method-assign]
    room = Room(station)
    sys.exit(room.see(PERSON, 6) != [1] * 6)
