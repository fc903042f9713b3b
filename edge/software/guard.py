"""The side with the rights: at each boot, and when a wheel set was handed over.

It runs from the release that was confirmed last, never from the one on trial: a release whose own
programs are broken cannot keep itself in service. Every step may be cut off at any instant: the
state on disk is written first, and what systemd sees is made to agree with it at the next start.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import msgspec

from edge.errors import NOT_JSON, UpdateDelayed, UpdateRefused
from edge.files import locked, make_folder, write_durably
from edge.software.choice import Machine, choose
from edge.software.environment import UNITS, Environments, interpreters, outbox_version
from edge.software.events import EventBook
from edge.software.handed_over import (
    FILES_NAME,
    METADATA_NAME,
    READY_NAME,
    HandedOverMetadata,
    copy_verified,
    read_bounded,
)
from edge.software.kept_outbox import set_aside_newer
from edge.software.links import link_units, point, starts_by_itself, unit_names
from edge.software.places import Places, Trust
from edge.software.releases import MAX_TRIES, Release, Releases, Trial, load_releases, save_releases
from edge.software.service_manager import ServiceManager, Systemd
from edge.software.trial import WATCHED, ReleaseTrial, well
from edge.software.wheel_set import (
    MANIFEST_LIMIT_BYTES,
    SOFTWARE_ROLE,
    SetOffer,
    offers_in,
    wheel_set_of,
)
from edge.update.desired import load_desired
from edge.update.probation import Judgement
from edge.update.repository import trusted_catalogue

logger = logging.getLogger(__name__)
_LOOK_EVERY_S = 10.0
_PATIENCE_S = 4 * 3600.0  # for a moment in which nobody stands before the station
_ENGINE_FILE_LIMIT_BYTES = 65_536
_SWITCHING = "switching"  # there while links and services may not agree with the state
Occasion = Literal["boot", "running", "installing"]
_OWN_UNITS = "posture-software"  # the guard does not start itself anew


def _leads(link: Path) -> Path | None:
    return link.readlink() if link.is_symlink() else None


def _verified(manifest: bytes, offer: SetOffer) -> bytes:
    """What was handed over last may be another set than the one that is signed and chosen."""
    if hashlib.sha256(manifest).hexdigest() != offer.sha256:
        raise UpdateDelayed("missing", f"{offer.path} is not what was handed over.")
    return manifest


class _EngineFile(msgspec.Struct):
    health: dict[str, Any] = {}


class Guard:
    """See the module.

    machine : with the version of the release that this program is of.
    outbox_version, pythons : see `outbox_version` and `interpreters` of the environments.
    """

    def __init__(
        self,
        places: Places,
        machine: Machine,
        *,
        environments: Environments | None = None,
        manager: ServiceManager | None = None,
        outbox_version: Callable[[Path], int | None] = outbox_version,
        pythons: Callable[[], Mapping[str, Path]] = interpreters,
        clock_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        make_folder(places.folder)
        self._places = places
        self._machine = machine
        self._environments = environments or Environments(places.folder)
        self._manager: ServiceManager = manager or Systemd()
        self._outbox_version = outbox_version
        self._pythons = pythons
        self._clock_s = clock_s
        self._sleep = sleep
        self._book = EventBook(places.folder)

    def boot(self) -> bool:
        """At each boot, before anything of the station starts: count the boot of a trial, and make
        links and units agree with the state.

        Returns whether a trial is open, which `run` then watches.
        """
        with self._lock():
            releases = self._read()
            if releases.trial is not None and releases.trial.tries >= MAX_TRIES:
                releases = self._reject(releases, "tries_used_up", f"{MAX_TRIES} starts")
            elif releases.trial is not None:
                releases = releases.tried()
                self._write(releases)
            releases = self._serve(releases, "boot")
            return releases.trial is not None

    def run(self, trust: Trust | None) -> None:
        """Watch the trial that is open; else take what was handed over, and watch it.

        trust : None where no repository is set; then nothing new is taken.

        Raises
        ------
        UpdateDelayed : clock, disk, or somebody before the station; the next run may pass.
        UpdateRefused : what was handed over is not trusted, or does not install.
        """
        with self._lock():
            releases = self._serve(self._read())
            if releases.trial is None:
                self._clean(releases)
                if trust is None or not (self._places.handed_over / READY_NAME).exists():
                    return
                releases = self._take(releases, trust)
                if releases.trial is None:
                    return
                releases = self._serve(releases)
            self._watch(releases)

    def take_back(self) -> Release | None:
        """A person's word: back to the release before. Returns what serves then."""
        with self._lock():
            releases = self._read()
            suspect = releases.serving
            if suspect is not None:
                self._tell("rollback", "by_hand", suspect)
                releases = releases.taken_back("by_hand")
                self._write(releases)
            return self._serve(releases).serving

    def use_image(self) -> None:
        """A person has installed: that serves, whatever an update brought before."""
        with self._lock():
            self._write(Releases(bad=self._read().bad))
            self._clean(self._serve(Releases(), "installing"))

    def _take(self, releases: Releases, trust: Trust) -> Releases:
        """Verify what was handed over, build it, and put it on trial."""
        desired = load_desired(trust.desired)
        catalogue = trusted_catalogue(
            self._places.folder, trust.url, trust.root,
            HandedOverMetadata(self._places.handed_over / METADATA_NAME),
            role=SOFTWARE_ROLE, utc_ns=trust.clock_ns(), step=self._step,
        )  # fmt: skip
        offers, _ = offers_in(catalogue.targets)
        offer = choose(offers, self._machine, releases, desired, trust.clock_ns()).offer
        if offer is None:
            return releases  # since the hand-over it was taken, held back or refused
        release = Release(offer.sha256, offer.terms.version, offer.terms.python)
        try:
            with self._step("install", release):
                self._build(release, offer)
        except UpdateRefused as refusal:
            if refusal.reason in ("does_not_install", "fails_check"):
                self._write(releases.refused(release.sha256, refusal.reason, desired.version))
            raise
        with self._step("switch", release):
            self._wait_until_nobody_is_there()
        brought = unit_names(self._path(release) / UNITS)
        watched = [unit for unit in WATCHED if unit in brought]  # it may have given one up
        wanted = well(self._manager.states(watched))
        releases = releases.proposed(Trial(release, desired.version, 1, wanted))
        self._write(releases)
        self._tell("trial", "ok", release, f"instead of {self._machine.software}")
        return releases

    def _build(self, release: Release, offer: SetOffer) -> None:
        if self._environments.holds(release):
            return
        try:
            manifest = read_bounded(self._places.handed_over / READY_NAME, MANIFEST_LIMIT_BYTES)
        except OSError as error:
            raise UpdateDelayed("missing", f"{error}.") from error
        wheels = wheel_set_of(_verified(manifest, offer), offer)
        python = self._pythons().get(release.python)
        if python is None:
            raise UpdateDelayed("needs_python", f"{release.name} needs Python {release.python}.")
        incoming = self._places.folder / "incoming"
        try:
            shutil.rmtree(incoming, ignore_errors=True)
            make_folder(incoming)
            needed_bytes = offer.terms.wheels_bytes + offer.terms.installed_bytes
            free_bytes = shutil.disk_usage(incoming).free
            if free_bytes < needed_bytes:
                raise UpdateDelayed(
                    "disk_full",
                    f"{free_bytes / 1e6:.0f} MB are free, {needed_bytes / 1e6:.0f} are needed.",
                    "Free space on the state partition.",
                )
            for wheel in wheels.wheels:
                source = self._places.handed_over / FILES_NAME / f"{wheel.sha256}.whl"
                copy_verified(source, incoming / wheel.file, wheel)
            paths = [incoming / wheel.file for wheel in wheels.wheels]
            self._environments.make(release, python, paths)
        except OSError as error:
            raise UpdateDelayed("disk", f"{error}.", "Check the state partition.") from error
        finally:
            shutil.rmtree(incoming, ignore_errors=True)
        self._tell("install", "ok", release)

    def _wait_until_nobody_is_there(self) -> None:
        """A person is measured by one release. An engine that tells nothing measures nobody."""
        until_s = self._clock_s() + _PATIENCE_S
        while self._somebody_is_there():
            if self._clock_s() > until_s:
                raise UpdateDelayed("busy", "somebody was before the station all the time.")
            self._sleep(_LOOK_EVERY_S)

    def _somebody_is_there(self) -> bool:
        try:
            data = read_bounded(self._places.state / "engine.json", _ENGINE_FILE_LIMIT_BYTES)
            return bool(msgspec.json.decode(data, type=_EngineFile).health.get("person_count"))
        except (OSError, *NOT_JSON):
            return False

    def _watch(self, releases: Releases) -> None:
        assert releases.trial is not None  # noqa: S101 - its callers have looked
        trial = ReleaseTrial(releases.trial.wanted, self._clock_s())
        while (
            judgement := trial.judge(self._manager.states(WATCHED), self._clock_s())
        ) is Judgement.OPEN:
            self._sleep(_LOOK_EVERY_S)
        release = releases.trial.release
        if judgement is Judgement.CONFIRM:
            releases = releases.confirmed_trial()
            self._write(releases)
            self._tell("confirm", "ok", release)
        else:
            releases = self._reject(releases, "unhealthy", trial.why)
        self._clean(self._serve(releases))

    def _serve(self, releases: Releases, occasion: Occasion = "running") -> Releases:
        """Make what systemd sees agree with the state on disk.

        occasion : the station runs, so its services are stopped before, and started anew after; at
            boot nothing has started yet; `install` starts what it installs itself.
        """
        releases = self._without_missing(releases)
        active = self._path(releases.serving)
        switching = self._places.folder / _SWITCHING  # a run that was cut off in between goes on
        if _leads(self._places.active) != active:
            write_durably(switching, b"")
        if switching.exists() and occasion == "running":
            self._manager.stop(WATCHED)
        if switching.exists():
            self._keep_outbox_readable(active)
        point(self._places.active, active)
        point(self._places.confirmed, self._path(releases.confirmed))
        units = self._places.active / UNITS if releases.serving is not None else None
        relinked = link_units(self._places.boot_units, units, self._places.image_units)
        if occasion != "installing" and (relinked or switching.exists()):
            self._manager.reload()
            folder = units or self._places.image_units
            names = [n for n in sorted(unit_names(folder)) if starts_by_itself(folder / n)]
            start = self._manager.restart if occasion == "running" else self._manager.start
            start([name for name in names if not name.startswith(_OWN_UNITS)])
        switching.unlink(missing_ok=True)
        return releases

    def _keep_outbox_readable(self, active: Path) -> None:
        readable = self._outbox_version(active)
        kept = None if readable is None else set_aside_newer(self._places.state, readable)
        if kept is not None:
            detail = f"{kept.name} holds what the newer release had not delivered"
            self._tell("rollback", "outbox_kept", None, detail)

    def _path(self, release: Release | None) -> Path:
        return self._places.image if release is None else self._environments.path(release)

    def _without_missing(self, releases: Releases) -> Releases:
        """Environments that the disk has lost are dropped without blame: they may come again."""
        found = releases
        if found.trial is not None and not self._environments.holds(found.trial.release):
            self._tell("rollback", "damaged_on_disk", found.trial.release)
            found = msgspec.structs.replace(found, trial=None)
        while found.confirmed is not None and not self._environments.holds(found.confirmed):
            self._tell("rollback", "damaged_on_disk", found.confirmed)
            found = msgspec.structs.replace(found, confirmed=found.previous, previous=None)
        if found != releases:
            self._write(found)
        return found

    def _clean(self, releases: Releases) -> None:
        gone = self._environments.collect(releases.named())
        if gone:
            logger.info("removed: %s", ", ".join(gone))

    def _reject(self, releases: Releases, reason: str, detail: str) -> Releases:
        assert releases.trial is not None  # noqa: S101 - its callers have looked
        self._tell("rollback", reason, releases.trial.release, detail)
        releases = releases.rejected(reason)
        self._write(releases)
        return releases

    def _read(self) -> Releases:
        try:
            return load_releases(self._places.folder)
        except ValueError as error:
            # Only a failing disk does this. The image's release serves; nothing else is known.
            logger.exception("the state of the releases is damaged")
            self._book.tell({"step": "rollback", "reason": "state_damaged", "detail": str(error)})
            self._write(Releases())
            return Releases()

    def _write(self, releases: Releases) -> None:
        save_releases(self._places.folder, releases)

    @contextmanager
    def _step(self, step: str, release: Release | None = None) -> Iterator[None]:
        """Report why a step stopped the run."""
        try:
            yield
        except (UpdateDelayed, UpdateRefused) as error:
            self._tell(step, error.reason, release, error.problem)
            raise

    def _tell(self, step: str, reason: str, release: Release | None, detail: str = "") -> None:
        about = {"version": release.version, "sha256": release.sha256} if release else {}
        self._book.tell({"step": step, "reason": reason, **about, "detail": detail[:500]})

    @contextmanager
    def _lock(self) -> Iterator[None]:
        with locked(self._places.folder / "guard.lock"):
            yield
