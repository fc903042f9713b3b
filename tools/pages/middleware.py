"""What holds for every answer: the reader's language, who may keep it, and a store that is away."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from posture_tools.pages.words import language_of

from edge.errors import StoreFailed, StoreUnusable

_CONTENT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)

Answer = Callable[[HttpRequest], HttpResponse]


class IdleSessions(SessionMiddleware):
    """What a page asks by itself keeps nobody logged in: only what a person does counts."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        asks_itself = "HX-Request" in request.headers
        if asks_itself and not request.session.modified:
            return response
        answer: HttpResponseBase = super().process_response(request, response)
        return answer


class OwnLanguage:
    """The framework's own texts in the language that the account chose, or the browser asks for."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = language_of(request)
        with translation.override("zh-hans" if language == "zh" else language):
            return self._answer(request)


class StoreAway:
    """A store that cannot be read is said in words, whatever page was asked for."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._answer(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Called by the framework where a view raised."""
        if isinstance(error, sqlite3.Error | StoreUnusable | StoreFailed):
            return render(request, "pages/away.html", status=503)
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
