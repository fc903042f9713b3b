"""Who asks by REST: a token, and what it may."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Path, Schema
from ninja.errors import HttpError
from ninja.security import HttpBearer
from posture_tools.pages.audit import note
from posture_tools.pages.described import call
from posture_tools.pages.models import Token

Level = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[^/\x00]+$")]


class Problem(Schema):
    """Why there is no answer, or nothing was done."""

    detail: str


class TokenAuth(HttpBearer):
    """`Authorization: Bearer TOKEN`. What is kept of a token is its hash."""

    def authenticate(self, request: HttpRequest, token: str) -> Token | None:
        """Every call leaves its line in the audit log here, so no operation can forget it."""
        digest = hashlib.sha256(token.encode(errors="replace")).hexdigest()
        found: Token | None = Token.objects.filter(sha256=digest, revoked=False).first()
        if found is not None:
            match = request.resolver_match
            site = str(match.kwargs.get("site", "")) if match else ""
            note(request, "api", site, call(request), by=found.name)
        return found


def token_of(request: HttpRequest) -> Token:
    """The one that asks. Behind `TokenAuth` there always is one."""
    token = getattr(request, "auth", None)
    if not isinstance(token, Token):
        raise HttpError(401, "a token is needed")
    return token


def may(request: HttpRequest, right: Literal["command", "erase", "export"]) -> Token:
    """The token that asks, which has this right.

    Raises
    ------
    HttpError : it has not.
    """
    token = token_of(request)
    if not getattr(token, f"may_{right}"):
        raise HttpError(403, f"this token may not {right}")
    return token
