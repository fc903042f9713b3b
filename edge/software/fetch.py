"""One run of the unit with the network: from the clock to a complete wheel set in its folder.

It installs nothing. Every step may be cut off at any instant; the next run goes on from what was
written durably, and wheels that the release before brought are not fetched again.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from edge.errors import NOT_JSON, UpdateDelayed, UpdateRefused
from edge.files import locked, make_folder, write_durably
from edge.software.choice import Machine, choose
from edge.software.handed_over import READY_NAME
from edge.software.releases import Releases
from edge.software.wheel_set import (
    SOFTWARE_ROLE,
    SetOffer,
    Wheel,
    WheelSet,
    offers_in,
    wheel_set_of,
    wheel_url_path,
)
from edge.update.desired import load_desired
from edge.update.download import Download
from edge.update.report import Report
from edge.update.repository import Source, trusted_catalogue
from edge.update.store import Store
from edge.update.web import MetadataFetcher


class SoftwareDownload:
    """See the module.

    folder : what it writes. releases : what the guard says of this station.
    desired : file in which the uplink keeps what the operator wants.
    """

    def __init__(
        self,
        folder: Path,
        source: Source,
        *,
        machine: Machine,
        releases: Callable[[], Releases],
        desired: Path,
        report: Report,
        reserve_bytes: int = 256_000_000,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        make_folder(folder)
        self._folder = folder
        self._source = source
        self._machine = machine
        self._releases = releases
        self._desired = desired
        self._report = report
        self._reserve_bytes = reserve_bytes
        self._clock_ns = clock_ns
        self._store = Store(folder, ".whl")

    def run(self) -> SetOffer | None:
        """Hand over the release that this station should take, if there is one.

        A set that lies complete is handed over again: the guard may have been busy.

        Raises
        ------
        UpdateDelayed : clock, disk or network; the next run may pass.
        UpdateRefused : the repository or a file is not trusted.
        In each case what serves is untouched, and the event was reported.
        """
        with locked(self._folder / "fetch.lock"):
            fetcher = MetadataFetcher(self._source.web, self._source.metadata_budget_s)
            catalogue = trusted_catalogue(
                self._folder, self._source.url, self._source.root, fetcher,
                role=SOFTWARE_ROLE, utc_ns=self._clock_ns(), step=self._step,
            )  # fmt: skip
            with self._step("decide"):
                offers, unreadable = offers_in(catalogue.targets)
                desired = load_desired(self._desired)
                now_ns = self._clock_ns()
                choice = choose(offers, self._machine, self._known_releases(), desired, now_ns)
            for path in unreadable:
                self._report({"step": "decide", "reason": "terms_unreadable", "detail": path})
            if choice.offer is None:
                self._tell_who_waits_for_a_python(choice.passed_over)
                self._collect(self._handed_over())
                return None
            manifest = self._manifest(choice.offer)
            wheels = wheel_set_of(manifest, choice.offer)
            self._fetch_wheels(choice.offer, wheels)
            write_durably(self._folder / READY_NAME, manifest)
            return choice.offer

    def _known_releases(self) -> Releases:
        try:
            return self._releases()
        except ValueError as error:
            raise UpdateDelayed(
                "state_damaged", f"{error}.", "The guard mends it at its next start."
            ) from error

    def _tell_who_waits_for_a_python(self, passed_over: tuple[tuple[SetOffer, str], ...]) -> None:
        for offer, reason in passed_over:
            if reason == "needs_python":
                self._tell("decide", reason, offer, f"it needs Python {offer.terms.python}")

    def _manifest(self, offer: SetOffer) -> bytes:
        with self._step("download", offer):
            path = self._fetch(offer.url_path, offer.sha256, offer.size_bytes)
        data = path.read_bytes()
        path.unlink()  # what is handed over is READY_NAME, and only once all wheels are there
        return data

    def _fetch_wheels(self, offer: SetOffer, wheels: WheelSet) -> None:
        missing = [wheel for wheel in wheels.wheels if not self._store.holds(wheel.sha256)]
        self._collect((*wheels.wheels, *self._handed_over()), {wheel.sha256 for wheel in missing})
        if not missing:
            return
        with self._step("download", offer):
            # The guard copies the wheels before it builds the environment of them.
            needed_bytes = (
                sum(wheel.size_bytes for wheel in missing)
                + offer.terms.wheels_bytes + offer.terms.installed_bytes + self._reserve_bytes
            )  # fmt: skip
            free_bytes = shutil.disk_usage(self._folder).free
            if free_bytes < needed_bytes:
                raise UpdateDelayed(
                    "disk_full",
                    f"{free_bytes / 1e6:.0f} MB are free, {needed_bytes / 1e6:.0f} are needed.",
                    "Free space on the state partition.",
                )
            for wheel in missing:
                self._fetch(wheel_url_path(wheel), wheel.sha256, wheel.size_bytes)
        self._tell("download", "ok", offer, f"{len(missing)} of {len(wheels.wheels)} wheels")

    def _fetch(self, url_path: str, sha256: str, size_bytes: int) -> Path:
        """A file, complete and as signed, in the store."""
        part = self._store.incoming / f"{sha256}.part"
        resumed = part.exists()
        self._download(url_path, part, size_bytes)
        try:
            return self._store.admit(part, sha256, size_bytes)
        except UpdateRefused:
            if not resumed:
                raise
        # A power cut may have damaged what lay here: once more, from the first byte.
        self._download(url_path, part, size_bytes)
        return self._store.admit(part, sha256, size_bytes)

    def _download(self, url_path: str, part: Path, size_bytes: int) -> None:
        url = f"{self._source.url}/targets/{url_path}"
        Download(self._source.web, url, part, size_bytes, self._source.patience).complete()

    def _handed_over(self) -> tuple[Wheel, ...]:
        """The wheels of the last set: the next one shares most of them."""
        try:
            data = (self._folder / READY_NAME).read_bytes()
            return msgspec.json.decode(data, type=WheelSet).wheels
        except (FileNotFoundError, *NOT_JSON):
            return ()

    def _collect(self, kept: tuple[Wheel, ...], arriving: Collection[str] = ()) -> None:
        self._store.collect({wheel.sha256 for wheel in kept}, arriving)

    @contextmanager
    def _step(self, step: str, offer: SetOffer | None = None) -> Iterator[None]:
        """Report why a step stopped the run."""
        try:
            yield
        except (UpdateDelayed, UpdateRefused) as error:
            self._tell(step, error.reason, offer, error.problem)
            raise

    def _tell(
        self, step: str, reason: str, offer: SetOffer | None = None, detail: str = ""
    ) -> None:
        about = {"version": offer.terms.version, "sha256": offer.sha256} if offer else {}
        self._report({"step": step, "reason": reason, **about, "detail": detail[:500]})
