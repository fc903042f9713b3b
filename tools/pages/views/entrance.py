"""Coming in, going out, and one's own account."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from posture_tools.pages import second_factor
from posture_tools.pages.access import Right, account_of, needs
from posture_tools.pages.audit import note
from posture_tools.pages.words import language_of, page_words

from edge.report.words import LANGUAGES

NATIVE = {"en": "English", "zh": "简体中文", "ko": "한국어", "ja": "日本語"}
_BY_PASSWORD = "django.contrib.auth.backends.ModelBackend"  # noqa: S105 - the name of a class


class Enter(LoginView):
    """Log in. Too many wrong tries from one address lock an account for a while."""

    template_name = "pages/enter.html"
    redirect_authenticated_user = True

    def form_valid(self, form: forms.Form) -> HttpResponse:
        account = form.get_user()
        if second_factor.device_of(account) is not None:
            second_factor.half_way(self.request, account)
            return redirect("enter-second")
        answer = super().form_valid(form)
        note(self.request, "enter")
        return answer

    def get_context_data(self, **named: object) -> dict[str, object]:
        return super().get_context_data(**named) | {"sign_on": settings.PAGES.sign_on is not None}


@login_not_required
def enter_second(request: HttpRequest) -> HttpResponse:
    """The code of the second factor, after the password."""
    account = second_factor.who_is_half_way(request)
    if account is None:
        return redirect("enter")
    wrong = False
    if request.method == "POST":
        if second_factor.fits(account, request.POST.get("code", "").replace(" ", "")):
            second_factor.arrived(request)
            login(request, account, backend=_BY_PASSWORD)
            note(request, "enter", about="second factor")
            return redirect("home")
        note(request, "wrong code", by=account.name)
        wrong = True
    return render(request, "pages/enter_second.html", {"wrong": wrong})


class Leave(LogoutView):
    """Log out; the next one at this tablet sees nothing of it."""

    def post(self, request: HttpRequest, *args: object, **named: object) -> HttpResponse:
        note(request, "leave")
        return super().post(request, *args, **named)


@needs(Right.SEE)
def home(request: HttpRequest) -> HttpResponse:
    """The first page: the visits of today."""
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
    context = {"form": form, "languages": NATIVE, "second": second_factor.device_of(account)}
    return render(request, "pages/me.html", context)


@needs(Right.SEE, "GET", "POST")
def second(request: HttpRequest) -> HttpResponse:
    """Set up one's second factor: scan, type the first code. Taking it away asks for a code."""
    account, wrong = account_of(request), False
    known = second_factor.device_of(account)
    if request.method == "POST":
        code = request.POST.get("code", "").replace(" ", "")
        if known is not None and second_factor.fits(account, code):
            second_factor.forget(account)
            note(request, "second factor off")
            return redirect("me")
        if known is None and second_factor.confirm(account, code):
            note(request, "second factor on")
            messages.success(request, page_words(language_of(request))("second", "on"))
            return redirect("me")
        wrong = True
    context: dict[str, object] = {"known": known, "wrong": wrong}
    if known is None:
        made = second_factor.begun(account)
        context |= {
            "picture": second_factor.picture(made), "secret": second_factor.secret(made),
        }  # fmt: skip
    return render(request, "pages/second.html", context)
