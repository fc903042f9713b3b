"""Coming in, going out, and one's own account."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from posture_tools.pages.access import Right, account_of, needs
from posture_tools.pages.audit import note
from posture_tools.pages.words import language_of, page_words

from edge.report.words import LANGUAGES

NATIVE = {"en": "English", "zh": "简体中文", "ko": "한국어", "ja": "日本語"}


class Enter(LoginView):
    """Log in. Too many wrong tries from one address lock an account for a while."""

    template_name = "pages/enter.html"
    redirect_authenticated_user = True

    def form_valid(self, form: forms.Form) -> HttpResponse:
        answer = super().form_valid(form)
        note(self.request, "enter")
        return answer


class Leave(LogoutView):
    """Log out; the next one at this tablet sees nothing of it."""

    def post(self, request: HttpRequest, *args: object, **named: object) -> HttpResponse:
        note(request, "leave")
        return super().post(request, *args, **named)


@needs(Right.SEE)
def home(request: HttpRequest) -> HttpResponse:
    """Where one begins: the visits of today."""
    return redirect("visits")


@needs(Right.SEE, "GET", "POST")
def me(request: HttpRequest) -> HttpResponse:
    """Language and password of who is logged in."""
    account = account_of(request)
    form = PasswordChangeForm(account)
    if request.method == "POST" and "language" in request.POST:
        asked = request.POST["language"]
        account.language = asked if asked in LANGUAGES else ""
        account.save(update_fields=["language"])
        return redirect("me")
    if request.method == "POST":
        form = PasswordChangeForm(account, request.POST)
        if form.is_valid():
            update_session_auth_hash(request, form.save())
            note(request, "password")
            messages.success(request, page_words(language_of(request))("me", "changed"))
            return redirect("me")
    return render(request, "pages/me.html", {"form": form, "languages": NATIVE})
