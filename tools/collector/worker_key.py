"""The key with which the collector's workers sign receipts, and the site key's grant for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.errors import MessageRefused, SettingsInvalid
from edge.wire.codec import decode
from edge.wire.grant import Grant, Granted
from edge.wire.keys import Signer
from edge.wire.seal import Role, pack, seal_of

_ROLES: dict[Role, Granted] = {"receipt": "receipt", "command": "command", "desired": "command"}


@dataclass(frozen=True, slots=True)
class GrantedKey:
    """A private key and why stations believe it."""

    signer: Signer
    grant: Grant

    def payload(self, role: Role, topic: str, body: bytes) -> bytes:
        """Body and seal. ValueError where the grant is for something else."""
        if _ROLES.get(role) != self.grant.role:
            raise ValueError(f"a key for {self.grant.role} signs no {role}")
        return pack(body, seal_of(role, topic, body, signer=self.signer, grant=self.grant))


def plain_payload(role: Role, topic: str, body: bytes) -> bytes:
    """The payload of a desk, where nobody signs."""
    return pack(body, seal_of(role, topic, body))


def load_granted(folder: Path, role: Granted) -> GrantedKey:
    """`receipt.pem` and `receipt.grant`, or the same of `command`.

    Raises
    ------
    SettingsInvalid : one of them is missing, unreadable, or not of the other.
    """
    signer = Signer.load(folder / f"{role}.pem")
    path = folder / f"{role}.grant"
    try:
        grant = decode(path.read_bytes(), Grant)
        fits = grant.public == signer.public and grant.role == role
    except (OSError, MessageRefused, ValueError) as error:
        raise SettingsInvalid(
            f"The grant {path} cannot be read: {error}.", "Sign a new one: `site rotate`."
        ) from error
    if not fits:
        raise SettingsInvalid(
            f"The grant {path} is not for {role}.pem beside it.", "Sign a new one: `site rotate`."
        )
    return GrantedKey(signer, grant)
