"""What the site key allows another key.

The site key is offline. It signs a grant for the key of the collector's workers, and one for that
of the operator's commands. The grant travels in their seals, so that a station holds one public key
only, and a new collector needs no climb to any wall.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Annotated, Literal

import msgspec

from edge.wire.fields import Count
from edge.wire.keys import Signer, is_signed
from edge.wire.topics import TopicLevel

Granted = Literal["receipt", "command"]
Base64 = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9+/]{1,200}={0,2}$(?!\n)")]


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """role : what the key may sign. key : public, base64. serial : a higher one retires all lower
    ones of its role. signature : the site key's, base64, of the lines in docs/wire.md."""

    role: Granted
    site: TopicLevel
    key: Base64
    serial: Count
    signature: Base64

    @property
    def public(self) -> bytes:
        """The granted key's bytes. Raises ValueError where they are no base64."""
        return b64decode(self.key, validate=True)

    def is_given_by(self, site_public: bytes) -> bool:
        """Whether the site key signed this grant."""
        try:
            signature = b64decode(self.signature, validate=True)
        except ValueError:
            return False
        return is_signed(site_public, signature, _text(self.role, self.site, self.serial, self.key))


def grant(site_signer: Signer, role: Granted, site: str, public: bytes, serial: int) -> Grant:
    """Sign one.

    public : the key that gets the role, 32 bytes. serial : higher than any that was given before
    for this role.
    """
    key = b64encode(public).decode()
    signature = site_signer.sign(_text(role, site, serial, key))
    return Grant(
        role=role, site=site, key=key, serial=serial, signature=b64encode(signature).decode()
    )


def _text(role: str, site: str, serial: int, key: str) -> bytes:
    return "\n".join(("ps/2", "grant", site, role, str(serial), key)).encode()
