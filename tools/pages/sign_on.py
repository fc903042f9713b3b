"""Single sign-on by OpenID Connect: a provider vouches for a name that has an account here."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from edge.errors import SettingsInvalid, TryAgain

_TIMEOUT_S = 10
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class ProviderAway(TryAgain):
    """The provider of the single sign-on gives no answer that can be used."""


@dataclass(frozen=True)
class SignOn:
    """issuer : the provider's address, as its tokens name it. client, secret : of these pages, as
    registered there. claim : which word of the provider is the name of the account here."""

    issuer: str
    client: str
    secret: str
    claim: str = "preferred_username"

    def check(self) -> None:
        """Raise SettingsInvalid where tokens would travel without TLS."""
        at = urlsplit(self.issuer)
        if at.scheme != "https" and not (at.scheme == "http" and at.hostname in _LOOPBACK):
            raise SettingsInvalid(
                f"The provider {self.issuer} would be asked without TLS.", "Name its https address."
            )


class Provider:
    """What a provider tells of itself, asked once it is needed: pages start without it."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._lock = threading.Lock()
        self._told: dict[str, Any] = {}

    def told(self) -> dict[str, Any]:
        """Addresses and algorithms as the provider tells them.

        Raises
        ------
        ProviderAway : no answer, or one of another issuer.
        """
        with self._lock:
            if not self._told:
                self._told = self._ask()
            return self._told

    def _ask(self) -> dict[str, Any]:
        at = self._issuer.rstrip("/") + "/.well-known/openid-configuration"
        try:
            answer = requests.get(at, timeout=_TIMEOUT_S, allow_redirects=False)
            answer.raise_for_status()
            told: dict[str, Any] = answer.json()
            issuer = told["issuer"]
        except (requests.RequestException, ValueError, KeyError, TypeError) as error:
            raise ProviderAway(f"{at} cannot be read: {error}.") from error
        if issuer != self._issuer:
            raise ProviderAway(f"{at} speaks for {issuer}.", f"Give --sign-on {issuer}.")
        return told
