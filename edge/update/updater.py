"""One run of the updater: from the clock to a candidate in its slot.

The ten steps are clock, refresh, floor, decide, download, store, canary, propose (here), trial and
confirm (the engine's, serving.py). Every one may be cut off at any instant; the next run starts
from what was written durably.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edge import __version__
from edge.errors import ModelRefused, UpdateDelayed, UpdateRefused
from edge.files import locked, make_folder
from edge.inference.network import read_description
from edge.update.canary import Canary, Job, in_child
from edge.update.desired import load_desired
from edge.update.download import Download
from edge.update.offer import Offer, offers_in
from edge.update.report import Report
from edge.update.repository import Source, trusted_catalogue
from edge.update.ring import Choice, Station, choose
from edge.update.slots import Installed, Slots, load_slots, save_slots
from edge.update.store import Store, digest
from edge.update.trust import MODELS_ROLE, Catalogue
from edge.update.web import MetadataFetcher
from edge.wire.commands import Desired


class Updater:
    """See the module.

    folder : the model folder, shared with the engine. shipped : slot -> file of the image.
    desired : file in which the uplink keeps what the operator wants.
    """

    def __init__(
        self,
        folder: Path,
        source: Source,
        *,
        station: str,
        shipped: dict[str, Path],
        desired: Path,
        report: Report,
        reserve_bytes: int = 256_000_000,
        threads: int = 2,
        canary: Canary = in_child,
        software: str = __version__,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        make_folder(folder)
        self._folder = folder
        self._source = source
        self._station = station
        self._shipped = shipped
        self._desired = desired
        self._report = report
        self._reserve_bytes = reserve_bytes
        self._threads = threads
        self._canary = canary
        self._software = software
        self._clock_ns = clock_ns
        self._store = Store(folder)

    def run(self) -> Offer | None:
        """Take one new model as candidate, if there is one for this station.

        Raises
        ------
        UpdateDelayed : clock, disk or network; the next run may pass.
        UpdateRefused, ModelRefused : the repository or the file is not trusted.
        In each case the files that serve are untouched, and the event was reported.

        Examples
        --------
        Root metadata that is none is refused before anything is asked of the network:

        >>> import tempfile
        >>> from edge.update.repository import Source
        >>> folder, told = tempfile.TemporaryDirectory(), []
        >>> updater = Updater(
        ...     Path(folder.name), Source("https://models.example.org", root=b"{}"),
        ...     station="hall-1", shipped={}, desired=Path(folder.name, "desired.json"),
        ...     report=told.append,
        ... )
        >>> updater.run()
        Traceback (most recent call last):
            ...
        edge.errors.UpdateRefused: ...
        >>> [event["step"] for event in told]
        ['refresh']
        >>> folder.cleanup()
        """
        with locked(self._folder / "updater.lock"):
            fetcher = MetadataFetcher(self._source.web, self._source.metadata_budget_s)
            catalogue = trusted_catalogue(
                self._folder, self._source.url, self._source.root, fetcher,
                role=MODELS_ROLE, utc_ns=self._clock_ns(), step=self._step,
            )  # fmt: skip
            desired = load_desired(self._desired)
            offer = self._decide(catalogue, desired).offer
            if offer is None:
                with locked(self._folder / "slots.lock"):
                    self._store.collect(load_slots(self._folder).in_use())
                return None
            path = self._fetched(offer)
            self._prove(offer, path, desired.version)
            self._propose(offer, desired.version)
            return offer

    def _decide(self, catalogue: Catalogue, desired: Desired) -> Choice:
        with self._step("decide"):
            slots = self._slots()
            station = Station(self._station, self._software, self._serving(slots))
            offers, unreadable = offers_in(catalogue.targets)
            choice = choose(offers, station, slots, desired, self._clock_ns())
            for path in unreadable:
                self._report({"step": "decide", "reason": "terms_unreadable", "detail": path})
            for offer, reason in choice.passed_over:
                if reason in ("needs_newer_software", "needs_older_software", "unknown_slot"):
                    self._tell("decide", reason, offer)
        if choice.offer is not None:
            self._tell("decide", "ok", choice.offer)
        return choice

    def _fetched(self, offer: Offer) -> Path:
        if self._store.holds(offer.sha256):
            return self._store.path(offer.sha256)
        part = self._store.incoming / f"{offer.sha256}.part"
        resumed = part.exists()
        self._download(offer, part)
        try:
            return self._admitted(offer, part)
        except UpdateRefused:
            if not resumed:
                raise
        # A power cut may have damaged what lay here: once more, from the first byte.
        self._download(offer, part)
        return self._admitted(offer, part)

    def _admitted(self, offer: Offer, part: Path) -> Path:
        with self._step("store", offer):
            return self._store.admit(part, offer.sha256, offer.terms.size_bytes)

    def _download(self, offer: Offer, part: Path) -> None:
        size_bytes = offer.terms.size_bytes
        with self._step("download", offer):
            with locked(self._folder / "slots.lock"):
                self._store.collect(load_slots(self._folder).in_use(), arriving=(offer.sha256,))
            free_bytes = shutil.disk_usage(self._folder).free
            needed_bytes = 2 * size_bytes + self._reserve_bytes
            if free_bytes < needed_bytes:
                raise UpdateDelayed(
                    "disk_full",
                    f"{free_bytes / 1e6:.0f} MB are free, {needed_bytes / 1e6:.0f} are needed.",
                    "Free space on the state partition.",
                )
            url = f"{self._source.url}/targets/{offer.url_path}"
            download = Download(self._source.web, url, part, size_bytes, self._source.patience)
            download.complete()
        self._tell("download", "ok", offer, f"{download.attempts} attempts")

    def _prove(self, offer: Offer, path: Path, desired_version: int) -> None:
        serving = self._description_path(offer.slot)
        required = read_description(serving.read_bytes(), str(serving)).keypoints
        job = Job(
            str(path.resolve()), offer.sha256, offer.terms,
            tuple(name for name in required if name not in ("background", "unused")),
            self._threads,
        )  # fmt: skip
        try:
            with self._step("canary", offer):
                answer = self._canary(job)
        except ModelRefused as refusal:
            with locked(self._folder / "slots.lock"):
                slots = self._proposed(offer, desired_version)
                reason = refusal.problem.partition(":")[0]
                save_slots(self._folder, slots.rejected(reason))
            self._tell("canary", reason, offer, refusal.problem)
            raise
        self._tell("canary", "ok", offer, f"{answer.latency_ms:.1f} ms a run")

    def _propose(self, offer: Offer, desired_version: int) -> None:
        with locked(self._folder / "slots.lock"):
            save_slots(self._folder, self._proposed(offer, desired_version))
        self._tell("propose", "ok", offer)

    def _proposed(self, offer: Offer, desired_version: int) -> Slots:
        model = Installed(offer.sha256, offer.terms.name, offer.terms.version)
        return self._slots().proposed(offer.slot, model, desired_version)

    def _slots(self) -> Slots:
        try:
            return load_slots(self._folder)
        except ValueError as error:
            raise UpdateDelayed(
                "slots_damaged", f"{error}.", "The engine mends it at its next start."
            ) from error

    def _description_path(self, slot: str) -> Path:
        active = self._slots().active.get(slot)
        if active is None or not self._store.holds(active.sha256):
            return self._shipped[slot]
        return self._store.path(active.sha256)

    def _serving(self, slots: Slots) -> dict[str, Installed]:
        serving = {}
        for slot, path in self._shipped.items():
            description = read_description(path.read_bytes(), str(path))
            serving[slot] = Installed(digest(path), description.name, description.version)
        return serving | {slot: model for slot, model in slots.active.items() if slot in serving}

    @contextmanager
    def _step(self, step: str, offer: Offer | None = None) -> Iterator[None]:
        """Report why a step stopped the run."""
        try:
            yield
        except (UpdateDelayed, UpdateRefused) as error:
            self._tell(step, error.reason, offer, error.problem)
            raise

    def _tell(self, step: str, reason: str, offer: Offer | None = None, detail: str = "") -> None:
        about = {}
        if offer is not None:
            terms = offer.terms
            about = {
                "slot": terms.slot, "name": terms.name, "version": terms.version,
                "sha256": offer.sha256,
            }  # fmt: skip
        self._report({"step": step, "reason": reason, **about, "detail": detail[:500]})
