"""Whether a station believes what comes down to it."""

from __future__ import annotations

from collections.abc import Callable

from edge.errors import MessageRefused
from edge.wire.grant import Granted
from edge.wire.keys import key_id
from edge.wire.seal import Role, Sealed, is_sealed_by, unpack

_NEEDS: dict[Role, Granted] = {"receipt": "receipt", "command": "command", "desired": "command"}


class SiteTrust:
    """Judges seals by the one public key that a station holds.

    public : the site key; None at a desk, where nobody signs and everything is taken.
    floor : the highest serial that was seen of a role. raise_floor : keeps a higher one, before
        anything signed under it is obeyed.
    """

    def __init__(
        self,
        site: str,
        public: bytes | None,
        floor: Callable[[Granted], int],
        raise_floor: Callable[[Granted, int], None],
    ) -> None:
        self._site = site
        self._public = public
        self._floor = floor
        self._raise_floor = raise_floor

    def open(self, payload: bytes, topic: str, role: Role) -> Sealed:
        """Take a payload apart and return it if it may be believed.

        Raises
        ------
        MessageRefused : no seal, one of another role, or not signed by whom the site key allows.
        """
        sealed = unpack(payload)
        seal = sealed.seal
        if seal.role != role:
            raise MessageRefused(f"sealed as {seal.role}, not as {role}.")
        if self._public is None:
            return sealed
        allowed = seal.grant
        if allowed is None:
            raise MessageRefused("its seal brings no grant of the site key.")
        if (allowed.role, allowed.site) != (_NEEDS[role], self._site):
            raise MessageRefused(f"its grant is for {allowed.role} of {allowed.site}.")
        if not allowed.is_given_by(self._public):
            raise MessageRefused("its grant is not of this site's key.")
        floor = self._floor(allowed.role)
        if allowed.serial < floor:
            raise MessageRefused(f"its key was retired: serial {allowed.serial}, now {floor}.")
        if key_id(allowed.public) != seal.key or not is_sealed_by(allowed.public, seal, topic):
            raise MessageRefused("its signature is not of the key that was granted.")
        if allowed.serial > floor:
            self._raise_floor(allowed.role, allowed.serial)
        return sealed
