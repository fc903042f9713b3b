"""What a repository holds, and what somebody has to do soon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from posture_tools.repository.folder import RepositoryFolder
from posture_tools.repository.roles import ROLES, STAGED

from edge.software.wheel_set import offers_in
from edge.update.offer import terms_in


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


def offers(repository: RepositoryFolder) -> list[dict[str, Any]]:
    """The models on offer, as published."""
    models = repository.published("models")
    if models is None:
        return []
    found = []
    for target in models.signed.targets.values():
        terms = terms_in(target.custom)
        found.append(
            {
                "model": terms.name, "version": terms.version, "slot": terms.slot,
                "ring": terms.ring_percent, "not_before": terms.not_before,
                "sha256": target.hashes["sha256"],
            }
        )  # fmt: skip
    return found


def releases(repository: RepositoryFolder) -> list[dict[str, Any]]:
    """The releases of the station's software on offer, as published."""
    software = repository.published("software")
    if software is None:
        return []
    offered, _ = offers_in(software.signed.targets)
    return [
        {
            "version": offer.terms.version, "python": offer.terms.python,
            "machine": offer.terms.machine, "ring": offer.terms.ring_percent,
            "not_before": offer.terms.not_before, "sha256": offer.sha256,
        }
        for offer in offered
    ]  # fmt: skip
