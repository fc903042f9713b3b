"""Which release serves, which one is on trial, and which ones failed here.

As with models (`edge.update.slots`), the transitions are pure and only what was written durably
counts. The links that systemd follows are made after this file, never the other way round.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from edge.errors import NOT_JSON
from edge.files import write_durably
from edge.software.wheel_set import PythonVersion
from edge.update.offer import Version
from edge.update.slots import Verdict
from edge.wire.commands import Desired
from edge.wire.fields import Count, Sha256

FILE_NAME = "releases.json"
MAX_TRIES = 3


class Release(msgspec.Struct, frozen=True):
    """A release that was built here. sha256 : of its list of wheels."""

    sha256: Sha256
    version: Version
    python: PythonVersion

    @property
    def name(self) -> str:
        """Name of its folder."""
        return f"{self.version}-{self.sha256[:12]}"


class Trial(msgspec.Struct, frozen=True):
    """A release that must prove itself by working.

    tries : boots and switches that were begun and did not end in a verdict.
    wanted : units that were well before the switch, and must be well after it.
    """

    release: Release
    desired_version: Count = 0
    tries: int = 0
    wanted: tuple[str, ...] = ()


class Releases(msgspec.Struct, frozen=True):
    """releases.json. confirmed : None is what `install` or the image brought."""

    confirmed: Release | None = None
    previous: Release | None = None
    trial: Trial | None = None
    bad: dict[Sha256, Verdict] = {}

    @property
    def serving(self) -> Release | None:
        return self.confirmed if self.trial is None else self.trial.release

    def named(self) -> set[str]:
        """Folders of every release that may be asked for."""
        on_trial = None if self.trial is None else self.trial.release
        releases = (self.confirmed, self.previous, on_trial)
        return {release.name for release in releases if release is not None}

    def is_bad(self, sha256: str, desired: Desired) -> bool:
        """Whether a release failed here and was not forced since."""
        verdict = self.bad.get(sha256)
        if verdict is None:
            return False
        return not (sha256 in desired.force and desired.version > verdict.desired_version)

    def proposed(self, trial: Trial) -> Releases:
        return msgspec.structs.replace(self, trial=trial)

    def tried(self) -> Releases:
        if self.trial is None:
            return self
        trial = msgspec.structs.replace(self.trial, tries=self.trial.tries + 1)
        return msgspec.structs.replace(self, trial=trial)

    def confirmed_trial(self) -> Releases:
        """The trial serves from now on, and what served is kept for the way back."""
        if self.trial is None:
            return self
        release = self.trial.release
        bad = {sha: why for sha, why in self.bad.items() if sha != release.sha256}
        return Releases(confirmed=release, previous=self.confirmed, bad=bad)

    def rejected(self, reason: str) -> Releases:
        """The trial goes; what was confirmed serves on."""
        if self.trial is None:
            return self
        verdict = Verdict(reason, self.trial.desired_version)
        bad = {**self.bad, self.trial.release.sha256: verdict}
        return msgspec.structs.replace(self, trial=None, bad=bad)

    def refused(self, sha256: str, reason: str, desired_version: int) -> Releases:
        """A release that never came to a trial is not tried again."""
        verdict = Verdict(reason, desired_version)
        return msgspec.structs.replace(self, bad={**self.bad, sha256: verdict})

    def taken_back(self, reason: str, desired_version: int = 0) -> Releases:
        """A person goes back: from a trial to what is confirmed, else to the one before."""
        if self.trial is not None:
            return self.rejected(reason)
        if self.confirmed is None:
            return self
        back = Releases(confirmed=self.previous, bad=self.bad)
        return back.refused(self.confirmed.sha256, reason, desired_version)


def load_releases(folder: Path) -> Releases:
    """The state on disk; a first start has none.

    Raises
    ------
    ValueError : the file is damaged, which no power cut does.
    """
    try:
        return msgspec.json.decode((folder / FILE_NAME).read_bytes(), type=Releases)
    except FileNotFoundError:
        return Releases()
    except NOT_JSON as error:
        raise ValueError(f"{folder / FILE_NAME}: {error}") from error


def save_releases(folder: Path, releases: Releases) -> None:
    write_durably(folder / FILE_NAME, msgspec.json.encode(releases), mode=0o644)
