"""The audit log: a line for every look at a person, search, export and command."""

from __future__ import annotations

from django.http import HttpRequest
from posture_tools.pages.models import Account, AuditLine


def note(request: HttpRequest, what: str, site: str = "", about: str = "", by: str = "") -> None:
    """Add a line, before what it tells of is shown: what cannot be logged is not seen.

    what : see, search, export, enter, ... about : session, code, station or words of a search.
    by : the token, where no account asks.
    """
    account = request.user.name if isinstance(request.user, Account) else by
    AuditLine.objects.create(
        account=account,
        address=str(request.META.get("REMOTE_ADDR", ""))[:64],
        what=what,
        site=site.replace("\0", "?")[:64],
        about=about.replace("\0", "?")[:300],
    )
