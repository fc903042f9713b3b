"""Who may do what. Every page names the right it needs; what names none cannot be reached."""

from __future__ import annotations

import enum
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from posture_tools.pages.models import Account, Role


class Right(enum.Enum):
    """What a page asks for."""

    SEE = "see"  # results and people of one's sites
    COMMAND = "command"  # tell stations what to do
    ERASE = "erase"
    EXPORT = "export"
    ADMIN = "admin"  # accounts and the audit log


RIGHTS: dict[str, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.SEE}),
    Role.OPERATOR: frozenset({Right.SEE, Right.COMMAND}),
    Role.ADMIN: frozenset(Right),
}

View = Callable[..., HttpResponseBase]


def rights_of(account: Account) -> frozenset[Right]:
    """The role's, and those that were given besides."""
    extra = {
        Right.COMMAND: account.may_command,
        Right.ERASE: account.may_erase,
        Right.EXPORT: account.may_export,
    }
    return RIGHTS[account.role] | {right for right, given in extra.items() if given}


def needs(right: Right, *methods: str) -> Callable[[View], View]:
    """Decorate a view: 403 without the right, or for a site that is not the account's.

    methods : the HTTP verbs it answers; GET if none is named. A view whose URL has a `site` is
    asked only by those who see that site.
    """
    allowed = methods or ("GET",)

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
            account = request.user
            if not isinstance(account, Account) or right not in rights_of(account):
                raise PermissionDenied
            if "site" in named and not account.sees(named["site"]):
                raise PermissionDenied
            if request.method not in (*allowed, "HEAD"):
                from django.http import HttpResponseNotAllowed

                return HttpResponseNotAllowed(allowed)
            return view(request, *args, **named)

        guarded.right, guarded.methods = right, allowed  # type: ignore[attr-defined]
        return guarded

    return decorate


def account_of(request: HttpRequest) -> Account:
    """Who is logged in. Behind `needs` there is always somebody."""
    if not isinstance(request.user, Account):
        raise PermissionDenied
    return request.user
