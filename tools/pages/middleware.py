"""What holds for every answer: the reader's language, who may keep it, and what is away."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import translation
from posture_tools.pages.audit import note
from posture_tools.pages.away import away, reason_of
from posture_tools.pages.models import Account
from posture_tools.pages.second_factor import device_of
from posture_tools.pages.words import language_of

log = logging.getLogger(__name__)

_CONTENT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
_MINUTE_S = 60
_MOST_REQUEST_BYTES = 256 << 20  # six photographs as large as one may be, and a form
_SEEN_EVERY_S = 15  # a session is not written with each page
_BEFORE_SECOND = ("second", "me", "leave", "enter", "enter-second")

Answer = Callable[[HttpRequest], HttpResponse]


class OwnLanguage:
    """The framework's own texts in the language that the account chose, or the browser asks for."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = language_of(request)
        with translation.override("zh-hans" if language == "zh" else language):
            return self._answer(request)


class Paced:
    """One address asks no more in a minute than `Pace` says: 429. It guesses no passwords fast, and
    sends no more at once than an upload needs: 413."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        address, pace = request.META.get("REMOTE_ADDR", ""), settings.PAGES.pace
        too_many = self._count(f"all:{address}") > pace.requests
        if request.method == "POST" and request.path.startswith("/enter/"):
            too_many |= self._count(f"enter:{address}") > pace.log_ins
        if int(request.META.get("CONTENT_LENGTH") or 0) > _MOST_REQUEST_BYTES:
            return HttpResponse(status=413)
        if not too_many:
            return self._answer(request)
        if request.path.startswith("/api/"):
            answer: HttpResponse = JsonResponse({"detail": "too many requests"}, status=429)
        else:
            answer = away(request, "hurry", status=429)
        answer.headers["Retry-After"] = str(_MINUTE_S)
        return answer

    def _count(self, who: str) -> int:
        """How often it was here since the first time of its minute, which ends 60 s later: a minute
        of the clock would count anew in the middle of a burst."""
        cache.add(who, 0, _MINUTE_S)
        try:
            return int(cache.incr(who))
        except ValueError:  # its minute ended in between, or many thousand addresses ask
            return 1


class IdleEnds:
    """A tablet that lies about logs its account out. Tables that renew themselves are no work."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        by_itself = request.method == "GET" and "HX-Request" in request.headers
        if isinstance(request.user, Account) and request.user.is_authenticated:
            now_s, seen_s = int(time.time()), request.session.get("seen_s")
            if seen_s is not None and now_s - seen_s > settings.PAGES.idle_minutes * _MINUTE_S:
                note(request, "idle")
                logout(request)
            elif seen_s is None or (not by_itself and now_s - seen_s >= _SEEN_EVERY_S):
                request.session["seen_s"] = now_s
        answer = self._answer(request)
        if by_itself and answer.status_code == 302:  # to the door: the whole page goes there
            return HttpResponse(status=204, headers={"HX-Redirect": "/enter/"})
        return answer

    def process_view(
        self, request: HttpRequest, view: Any, _args: Any, _named: Any
    ) -> HttpResponse | None:
        """Send whoever has no second factor to set one up, where every account needs one."""
        wanted = settings.PAGES.second_factor and isinstance(request.user, Account)
        match = request.resolver_match
        if not wanted or request.user.subject or match is None:
            return None  # whom a provider vouches for is asked by it
        if match.url_name in _BEFORE_SECOND or device_of(request.user) is not None:
            return None
        return redirect("second")


class StoreAway:
    """What cannot be reached is said in words, whatever page was asked for."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._answer(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Called by the framework where a view raised."""
        if reason := reason_of(error):
            log.warning("%s is away: %s", reason, error)
            return away(request, reason)
        return None


class GuardingHeaders:
    """No script but our own files, no frame, nothing of a person in a cache.

    A view that sets its own policy keeps it: the printed sheet has its style in itself.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self._answer(request)
        answer.headers.setdefault("Content-Security-Policy", _CONTENT)
        answer.headers.setdefault("Cache-Control", "no-store")
        answer.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        return answer
