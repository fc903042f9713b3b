"""What a repository holds, and what somebody has to do soon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from posture_tools.repository.folder import RepositoryFolder
from posture_tools.repository.roles import ROLES, STAGED
from tuf.api.metadata import TargetFile

from edge.software.wheel_set import SOFTWARE_ROLE
from edge.software.wheel_set import offers_in as releases_in
from edge.update.offer import offers_in as models_in
from edge.update.trust import MODELS_ROLE


@dataclass(frozen=True)
class RoleStatus:
    """where : published or staged. state : ok, due, expired, unsigned."""

    role: str
    where: str
    version: int
    signatures: int
    threshold: int
    expires: str
    state: str
    keyids: tuple[str, ...]

    def cells(self) -> tuple[str, ...]:
        return (
            self.role, self.where, str(self.version), f"{self.signatures} of {self.threshold}",
            self.expires, self.state, " ".join(keyid[:8] for keyid in self.keyids),
        )  # fmt: skip


def role_statuses(repository: RepositoryFolder) -> list[RoleStatus]:
    """One entry for each published or staged role."""
    found = []
    for role in ROLES.values():
        sides = [("published", repository.published(role.name))]
        if role.name in STAGED:
            sides.append(("staged", repository.staged(role.name)))
        for where, metadata in sides:
            if metadata is None:
                continue
            signed, threshold = repository.signatures(role.name, metadata)
            if signed < threshold:
                state = "unsigned"
            elif metadata.signed.is_expired(repository.now):
                state = "expired"
            else:
                state = "due" if role.is_due(metadata, repository.now) else "ok"
            keyids = repository.keyids(role.name)
            expires = metadata.signed.expires.strftime("%Y-%m-%d")
            found.append(
                RoleStatus(
                    role.name, where, metadata.signed.version, signed, threshold, expires, state,
                    tuple(sorted(keyids)),
                )
            )  # fmt: skip
    return found


@dataclass(frozen=True)
class Published:
    """What stations are offered. unreadable : targets whose terms they pass over."""

    models: list[dict[str, Any]]
    releases: list[dict[str, Any]]
    unreadable: list[str]


def published(repository: RepositoryFolder) -> Published:
    """Models and releases of the station's software, as a station reads them."""
    models, unreadable = models_in(_targets(repository, MODELS_ROLE))
    software, not_either = releases_in(_targets(repository, SOFTWARE_ROLE))
    return Published(
        [
            {
                "model": offer.terms.name, "version": offer.terms.version, "slot": offer.terms.slot,
                "ring": offer.terms.ring_percent, "not_before": offer.terms.not_before,
                "sha256": offer.sha256,
            }
            for offer in models
        ],
        [
            {
                "version": offer.terms.version, "python": offer.terms.python,
                "machine": offer.terms.machine, "ring": offer.terms.ring_percent,
                "not_before": offer.terms.not_before, "sha256": offer.sha256,
            }
            for offer in software
        ],
        [*unreadable, *not_either],
    )  # fmt: skip


def _targets(repository: RepositoryFolder, role: str) -> dict[str, TargetFile]:
    metadata = repository.published(role)
    found: dict[str, TargetFile] = {} if metadata is None else metadata.signed.targets
    return found
