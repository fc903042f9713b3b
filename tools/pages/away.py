"""What is shown where an answer cannot be given: in words, never a trace of the program."""

from __future__ import annotations

import logging
import sqlite3
import sys

from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from posture_tools.pages.sign_on import ProviderAway

from edge.errors import BrokerUnreachable, StoreFailed, StoreUnusable

log = logging.getLogger(__name__)

_OF_THE_STORE = (
    StoreFailed, StoreUnusable, sqlite3.OperationalError, OperationalError, InterfaceError,
)  # fmt: skip
# A damaged file is just these; what derives from them is of one value, and a fault of ours.
_DAMAGED = (sqlite3.DatabaseError, DatabaseError)


def reason_of(error: BaseException | None) -> str:
    """What is away: `store`, `broker` or `provider`; "" where the fault is ours."""
    if isinstance(error, BrokerUnreachable):
        return "broker"
    if isinstance(error, ProviderAway):
        return "provider"
    if isinstance(error, _OF_THE_STORE) or type(error) in _DAMAGED:
        return "store"
    return ""


def away(request: HttpRequest, reason: str, status: int = 503) -> HttpResponse:
    """The page of it. Who asks is not looked up: their account may lie where nothing answers."""
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": f"{reason} cannot be reached"}, status=status)
    request.user = AnonymousUser()
    answer = render(request, "pages/away.html", {"reason": reason, "messages": ()}, status=status)
    if status == 503:
        answer.headers["Retry-After"] = "10"
    return answer


def broken(request: HttpRequest) -> HttpResponse:
    """Whatever was raised before a view or after it."""
    error = sys.exc_info()[1]
    if reason := reason_of(error):
        log.warning("%s is away: %s", reason, error)
        return away(request, reason)
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": "this is a fault of the pages; it was logged"}, status=500)
    return away(request, "pages", status=500)


def not_there(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 as who asked reads it."""
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": "there is no such address"}, status=404)
    return render(request, "pages/not_there.html", status=404)


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403, with what to do about it."""
    return render(request, "pages/refused.html", status=403)
