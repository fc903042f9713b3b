"""Which model file serves in each slot, which one is on trial, and which ones failed here.

The transitions are pure: each returns a new state, and only a state that was written durably
counts. Files are named by their sha256; a slot without an entry serves the shipped file.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from edge.errors import NOT_JSON
from edge.files import write_durably
from edge.wire.commands import Desired
from edge.wire.fields import Count, Sha256
from edge.wire.slots import Slot, by_slot, slot_of

FILE_NAME = "slots.json"
MAX_TRIES = 3


class Installed(msgspec.Struct, frozen=True):
    """A model file, by its content."""

    sha256: Sha256
    name: str
    version: str


class Trial(msgspec.Struct, frozen=True):
    """A file that must prove itself by working.

    desired_version : of the operator's word under which it was taken.
    tries : loads and first frames begun and not survived. shadowed : its shadow run is over.
    """

    slot: Slot
    model: Installed
    desired_version: Count = 0
    tries: int = 0
    shadowed: bool = False


class Verdict(msgspec.Struct, frozen=True):
    """Why a file was rolled back here, and under which version of `desired` it had been taken."""

    reason: str
    desired_version: Count = 0


class Slots(msgspec.Struct, frozen=True):
    """slots.json: active and previous by slot, at most one candidate, verdicts by sha256."""

    active: dict[Slot, Installed] = {}
    previous: dict[Slot, Installed] = {}
    candidate: Trial | None = None
    bad: dict[Sha256, Verdict] = {}

    def is_bad(self, sha256: str, desired: Desired) -> bool:
        """Whether a file failed here and was not forced since."""
        verdict = self.bad.get(sha256)
        if verdict is None:
            return False
        forced_since = sha256 in desired.force and desired.version > verdict.desired_version
        return not forced_since

    def in_use(self) -> set[str]:
        """sha256 of every file that may be asked for."""
        models = [*self.active.values(), *self.previous.values()]
        if self.candidate is not None:
            models.append(self.candidate.model)
        return {model.sha256 for model in models}

    def proposed(self, slot: str, model: Installed, desired_version: int) -> Slots:
        return msgspec.structs.replace(self, candidate=Trial(slot, model, desired_version))

    def tried(self, by: int) -> Slots:
        """Count a try of the trial, or take it back where it went well."""
        trial = self.candidate
        if trial is None:
            return self
        tries = max(0, trial.tries + by)
        return msgspec.structs.replace(self, candidate=msgspec.structs.replace(trial, tries=tries))

    def shadow_ended(self) -> Slots:
        """The trial proper begins, with all its tries."""
        if self.candidate is None:
            return self
        trial = msgspec.structs.replace(self.candidate, tries=0, shadowed=True)
        return msgspec.structs.replace(self, candidate=trial)

    def confirmed(self) -> Slots:
        """The candidate becomes active, the active one previous. Its old verdict is void."""
        trial = self.candidate
        if trial is None:
            return self
        previous = dict(self.previous)
        previous.pop(trial.slot, None)
        if trial.slot in self.active:
            previous[trial.slot] = self.active[trial.slot]
        return Slots(
            active={**self.active, trial.slot: trial.model},
            previous=previous,
            bad={sha: why for sha, why in self.bad.items() if sha != trial.model.sha256},
        )

    def rejected(self, reason: str) -> Slots:
        """The candidate goes; the active file serves on."""
        trial = self.candidate
        if trial is None:
            return self
        bad = {**self.bad, trial.model.sha256: Verdict(reason, trial.desired_version)}
        return msgspec.structs.replace(self, candidate=None, bad=bad)

    def demoted(self, slot: str) -> Slots:
        """The active file goes; the previous one serves, or without one the shipped file."""
        active, previous = dict(self.active), dict(self.previous)
        active.pop(slot, None)
        if slot in previous:
            active[slot] = previous.pop(slot)
        return msgspec.structs.replace(self, active=active, previous=previous)


def load_slots(folder: Path) -> Slots:
    """The state on disk, its slots by today's names; a first start has none.

    Raises
    ------
    ValueError : the file is damaged, which no power cut does.
    """
    try:
        read = msgspec.json.decode((folder / FILE_NAME).read_bytes(), type=Slots)
    except FileNotFoundError:
        return Slots()
    except NOT_JSON as error:
        raise ValueError(f"{folder / FILE_NAME}: {error}") from error
    trial = read.candidate
    if trial is not None:
        trial = msgspec.structs.replace(trial, slot=slot_of(trial.slot))
    return Slots(by_slot(read.active), by_slot(read.previous), trial, read.bad)


def save_slots(folder: Path, slots: Slots) -> None:
    write_durably(folder / FILE_NAME, msgspec.json.encode(slots))
