"""A repository of signed files, and what must hold before anything it says is believed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from tuf.ngclient import FetcherInterface

from edge.update.clock_gate import check_clock
from edge.update.download import Patience
from edge.update.trust import Catalogue, refresh
from edge.update.version_floor import check_floor, load_floor, raise_floor
from edge.update.web import Web

Step = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True)
class Source:
    """Where updates come from. root : root metadata of the device's image."""

    url: str
    root: bytes
    web: Web = field(default_factory=Web)
    patience: Patience = field(default_factory=Patience)
    metadata_budget_s: float = 60.0


def trusted_catalogue(
    folder: Path,
    url: str,
    root: bytes,
    fetcher: FetcherInterface,
    *,
    role: str,
    utc_ns: int,
    step: Step,
) -> Catalogue:
    """Clock, refresh and floor, in this order; `step` tells which of them ended the run.

    folder : keeps the floor, and the framework's cache below it. utc_ns : the present.

    Raises
    ------
    UpdateDelayed, UpdateRefused : as `check_clock`, `refresh` and `check_floor`.
    """
    with step("clock"):
        floor = load_floor(folder)
        check_clock(utc_ns, floor.newest_utc_ns)
    with step("refresh"):
        catalogue = refresh(folder / "metadata", url, root, fetcher, role)
    with step("floor"):
        check_floor(floor, catalogue.roles)
        raise_floor(folder, floor, catalogue.roles, utc_ns)
    return catalogue
