"""Which files the engine loads, and what it says of them afterwards.

Tries are raised on disk before a candidate is loaded, and again before its first frames, and
lowered once it has come through: a file that kills the process is out after three starts, while a
process that dies of its camera or of a power cut blames no file. Confirmed files are counted in
the same way, within one boot (`failed_starts`). Whatever is refused is rolled back, and the
shipped file is the last resort.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from edge.errors import ModelRefused
from edge.files import locked, make_folder
from edge.update.failed_starts import MAX_STARTS, FailedStarts
from edge.update.report import Report
from edge.update.slots import MAX_TRIES, Installed, Slots, Trial, load_slots, save_slots
from edge.update.store import Store

logger = logging.getLogger(__name__)
Built = TypeVar("Built")


@dataclass(frozen=True, slots=True)
class Serving:
    """A file to load. sha256 : what its bytes must be; None for the shipped file."""

    path: Path
    sha256: str | None = None


class ModelStore:
    """The engine's side of the model folder.

    shipped : slot -> file of the image, which can be trusted without an entry.
    """

    def __init__(self, folder: Path, shipped: Mapping[str, Path], report: Report) -> None:
        make_folder(folder)
        self._folder = folder
        self._shipped = dict(shipped)
        self._report = report
        self._store = Store(folder)
        self._failed_starts = FailedStarts(folder)
        self._loaded: Slots | None = None
        self._try_is_open = False

    def load(self, build: Callable[[Mapping[str, Serving]], Built]) -> Built:
        """What `build` makes of the files that serve; files that it refuses are rolled back.

        Raises
        ------
        ModelRefused : even the shipped files do not serve.
        """
        while True:
            serving = self._begin()
            try:
                built = build(serving)
                self.end_try()
                return built
            except ModelRefused as refusal:
                if not self.fail("refused_at_load", refusal.problem):
                    raise

    def incumbent(self) -> dict[str, Serving]:
        """The files without the candidate: the witness of its trial."""
        slots = self._read()
        return self._files(slots, candidate=False)

    @property
    def on_trial(self) -> bool:
        """Whether what was loaded last has a candidate in it."""
        return self._loaded is not None and self._loaded.candidate is not None

    @property
    def shadowed(self) -> bool:
        """Whether the candidate's shadow run is over."""
        slots = self._read()
        return slots.candidate is None or slots.candidate.shadowed

    def end_shadow(self, agreement: dict[str, float | int]) -> None:
        """The shadow run is over: report its numbers, let the trial begin at the next load."""
        with self._lock():
            slots = self._read()
            if slots.candidate is not None:
                trial = slots.candidate
                self._tell("shadow", "ok", trial.slot, trial.model, agreement=agreement)
                self._write(slots.shadow_ended())

    def changed(self) -> bool:
        """Whether other files should serve than those loaded last. Ask between subjects."""
        now, then = self._read(), self._loaded
        if then is None:
            return True
        return now.active != then.active or _suspect(now) != _suspect(then)

    def confirm(self) -> None:
        """The candidate has worked: it is active from now on."""
        with self._lock():
            slots = self._read()
            if slots.candidate is None:
                return
            self._tell("confirm", "ok", slots.candidate.slot, slots.candidate.model)
            self._write(slots.confirmed())
            self._store.collect(self._read().in_use())

    def fail(self, reason: str, detail: str = "") -> bool:
        """Roll back what is on trial, or else every file that was taken; False if none is left."""
        with self._lock():
            slots = self._read()
            if slots.candidate is not None:
                self._reject(slots, slots.candidate, reason, detail)
                return True
            fell_back = bool(slots.active)
            self._demote(slots, reason, detail)
            return fell_back

    def begin_try(self) -> None:
        """The files are about to do something that may kill the process."""
        if not self._try_is_open:
            self._count_try(+1)
            self._try_is_open = True

    def end_try(self) -> None:
        """Note that the files came through, or that the process ends in good order, which says
        nothing about them."""
        if self._try_is_open:
            self._count_try(-1)
            self._try_is_open = False

    def answered(self) -> None:
        """The confirmed files have answered their first picture: the row of deaths is broken."""
        self._try_is_open = False
        self._failed_starts.came_through()

    def _count_try(self, by: int) -> None:
        """Put a try down to the candidate, or without one to the files that were confirmed."""
        if self.on_trial:
            with self._lock():
                self._write(self._read().tried(by))
        elif self._loaded is not None:
            self._failed_starts.count(_confirmed(self._loaded), by)

    def _begin(self) -> dict[str, Serving]:
        with self._lock():
            slots = self._without_damaged(self._read())
            trial = slots.candidate
            if trial is not None and trial.tries >= MAX_TRIES:
                slots = self._reject(slots, trial, "tries_used_up", "no load was confirmed")
            elif trial is not None:
                slots = slots.tried(by=+1)
                self._tell("trial", "ok", trial.slot, trial.model, f"try {trial.tries + 1}")
            elif slots.active and self._failed_starts.open(_confirmed(slots)) >= MAX_STARTS:
                slots = self._demote(slots, "dies_at_start", f"{MAX_STARTS} starts in a row")
            self._write(slots)
            self._loaded = slots
            if slots.candidate is None:
                self._failed_starts.count(_confirmed(slots), by=+1)
            self._try_is_open = True
            return self._files(slots, candidate=True)

    def _files(self, slots: Slots, *, candidate: bool) -> dict[str, Serving]:
        files = {slot: Serving(path) for slot, path in self._shipped.items()}
        for slot, model in slots.active.items():
            if slot in files:
                files[slot] = Serving(self._store.path(model.sha256), model.sha256)
        trial = slots.candidate
        if candidate and trial is not None and trial.slot in files:
            sha256 = trial.model.sha256
            files[trial.slot] = Serving(self._store.path(sha256), sha256)
        return files

    def _without_damaged(self, slots: Slots) -> Slots:
        """The slots without files that the disk damaged. They are not marked as bad, so they may be
        fetched again."""
        trial = slots.candidate
        if trial is not None and not self._store.holds(trial.model.sha256):
            self._tell("rollback", "damaged_on_disk", trial.slot, trial.model)
            slots = Slots(slots.active, slots.previous, None, slots.bad)
        for slot in list(slots.active):
            while slot in slots.active and not self._store.holds(slots.active[slot].sha256):
                self._tell("rollback", "damaged_on_disk", slot, slots.active[slot])
                slots = slots.demoted(slot)
        return slots

    def _demote(self, slots: Slots, reason: str, detail: str) -> Slots:
        """All files that were taken; which one is to blame is not known."""
        for slot, model in slots.active.items():
            self._tell("rollback", reason, slot, model, detail)
            slots = slots.demoted(slot)
        self._write(slots)
        return slots

    def _reject(self, slots: Slots, trial: Trial, reason: str, detail: str) -> Slots:
        self._tell("rollback", reason, trial.slot, trial.model, detail)
        slots = slots.rejected(reason)
        self._write(slots)
        return slots

    def _read(self) -> Slots:
        try:
            return load_slots(self._folder)
        except ValueError as error:
            # Only a failing disk does this. The shipped files serve; nothing else is known.
            logger.exception("slots.json is damaged")
            self._report({"step": "rollback", "reason": "slots_damaged", "detail": str(error)})
            save_slots(self._folder, Slots())
            return Slots()

    def _write(self, slots: Slots) -> None:
        save_slots(self._folder, slots)

    def _tell(
        self,
        step: str,
        reason: str,
        slot: str,
        model: Installed,
        detail: str = "",
        **more: dict[str, float | int],
    ) -> None:
        self._report(
            {
                "step": step, "reason": reason, "slot": slot, "name": model.name,
                "version": model.version, "sha256": model.sha256, "detail": detail[:500], **more,
            }
        )  # fmt: skip

    def _lock(self) -> AbstractContextManager[None]:
        return locked(self._folder / "slots.lock")


def _confirmed(slots: Slots) -> dict[str, str]:
    """slot -> sha256."""
    return {slot: model.sha256 for slot, model in slots.active.items()}


def _suspect(slots: Slots) -> str:
    trial = slots.candidate
    return "" if trial is None else f"{trial.model.sha256} {trial.shadowed}"
