"""The audit log: a line for every look at a person, search, export and command."""

from __future__ import annotations

import hashlib

from django.core.cache import cache
from django.http import HttpRequest
from posture_tools.pages.models import Account, AuditLine, Token

_WATCHED_S = 3600


def note(request: HttpRequest, what: str, site: str = "", about: str = "", by: str = "") -> None:
    """Add a line, before what it tells of is shown: what cannot be logged is not seen.

    what : see, search, export, enter, ... about : session, code, station or words of a search.
    by : who, where neither an account nor a token asks.
    """
    AuditLine.objects.create(
        account=_asks(request) or by,
        address=str(request.META.get("REMOTE_ADDR", ""))[:64],
        what=what,
        site=site.replace("\0", "?")[:64],
        about=about.replace("\0", "?")[:300],
    )
    cache.set(_mark(request, what, site, about), True, _WATCHED_S)


def note_watching(request: HttpRequest, what: str, site: str = "", about: str = "") -> None:
    """The same for what a page asks again and again by itself: a line an hour for each browser,
    and none while the one of the page itself is as young."""
    if cache.get(_mark(request, what, site, about)) is None:
        note(request, what, site, about)


def _asks(request: HttpRequest) -> str:
    token = getattr(request, "auth", None)
    if isinstance(token, Token):
        return str(token.name)
    return str(request.user.name) if isinstance(request.user, Account) else ""


def _mark(request: HttpRequest, *told: str) -> str:
    whole = repr((request.session.session_key, _asks(request), told))
    return f"noted:{hashlib.sha256(whole.encode(errors='replace')).hexdigest()}"
