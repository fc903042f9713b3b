"""A new password and new authorities, told by the operator; the old ones still work beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from edge.errors import BrokerRefused, MessageRefused, PostureError
from edge.files import make_folder, write_durably
from edge.mqtt.settings import MqttSettings
from edge.wire.codec import decode
from edge.wire.commands import RenewCommand

FOLDER = "renewed"
_PASSWORD, _CA = "password", "ca.pem"


class Renewed:
    """What the uplink logs in with. state_path : where it is kept."""

    def __init__(self, state_path: Path, given: MqttSettings) -> None:
        self._folder = state_path / FOLDER
        self._given = given
        self._old_password = False

    def take(self, body: bytes) -> dict[str, Any]:
        """The handler of the command `renew`. It serves from the next connection on.

        Raises
        ------
        MessageRefused : this station does not log in that way, so nothing could be renewed.
        """
        command = decode(body, RenewCommand)
        if command.password and not self._given.password_file:
            raise MessageRefused("this station logs in without a password.")
        if command.ca and not self._given.ca_file:
            raise MessageRefused("this station trusts the authorities of its system.")
        make_folder(self._folder)
        if command.ca:
            write_durably(self._folder / _CA, command.ca.encode(), mode=0o644)
        if command.password:
            write_durably(self._folder / _PASSWORD, command.password.encode(), mode=0o600)
            self._old_password = False
        return {"renewed": [name for name in ("password", "ca") if getattr(command, name)]}

    def login(self) -> MqttSettings:
        """The login for the next connection."""
        password, ca = self._folder / _PASSWORD, self._folder / _CA
        found = {"ca_file": str(ca)} if ca.exists() else {}
        if password.exists() and not self._old_password:
            found["password_file"] = str(password)
        return msgspec.structs.replace(self._given, **found)

    def failed(self, problem: PostureError) -> bool:
        """The broker does not know the new password yet, or no more the old: try the other. True
        where this broker has not heard the other yet."""
        if isinstance(problem, BrokerRefused) and (self._folder / _PASSWORD).exists():
            self._old_password = not self._old_password
            return self._old_password
        return False
