"""The six roles: how long their word holds, how many keys must agree, where a key stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp

from edge.software.wheel_set import SOFTWARE_ROLE
from edge.update.trust import MODELS_ROLE


@dataclass(frozen=True, slots=True)
class Role:
    """days : until expiry. keys of which threshold must sign."""

    name: str
    days: int
    keys: int
    threshold: int
    parent: str

    def expiry(self, now: datetime) -> datetime:
        """Metadata carry whole seconds in UTC."""
        return (now + timedelta(days=self.days)).astimezone(UTC).replace(microsecond=0)

    def is_due(self, metadata: Metadata[Any], now: datetime) -> bool:
        """Whether less than a third of the time is left."""
        return bool(metadata.signed.expires - now < timedelta(days=self.days / 3))


# root, targets, models and software sign offline; snapshot and timestamp where the repository is
# published. Two people agree to what runs on stations as root: one stolen key is not enough.
ROLES = {
    role.name: role
    for role in (
        Role(Root.type, 365, keys=3, threshold=2, parent=Root.type),
        Role(Targets.type, 90, keys=1, threshold=1, parent=Root.type),
        Role(MODELS_ROLE, 90, keys=1, threshold=1, parent=Targets.type),
        Role(SOFTWARE_ROLE, 90, keys=2, threshold=2, parent=Targets.type),
        Role(Snapshot.type, 30, keys=1, threshold=1, parent=Root.type),
        Role(Timestamp.type, 7, keys=1, threshold=1, parent=Root.type),
    )
}
DELEGATED = (MODELS_ROLE, SOFTWARE_ROLE)
STAGED = (Root.type, Targets.type, *DELEGATED)
