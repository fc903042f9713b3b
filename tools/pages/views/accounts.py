"""Who may log in, and what they did: for administrators."""

from __future__ import annotations

import hashlib
import secrets

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from posture_tools.pages.access import Right, account_of, needs
from posture_tools.pages.audit import note
from posture_tools.pages.models import Account, AuditLine, Role, Token

_AUDIT_ROWS = 100
_TOKEN_BYTES = 32


class AccountForm(forms.Form):
    """An account. sites : names with commas between; empty is every site."""

    name = forms.CharField(max_length=64)
    role = forms.ChoiceField(choices=Role.choices)
    sites = forms.CharField(required=False, max_length=500)
    may_export = forms.BooleanField(required=False)
    may_erase = forms.BooleanField(required=False)
    is_active = forms.BooleanField(required=False, initial=True)
    password = forms.CharField(required=False, widget=forms.PasswordInput)

    def __init__(self, *args: object, known: Account | None = None) -> None:
        super().__init__(*args)
        self._known = known
        if known is not None:
            self.fields["name"].disabled = True
            self.fields["name"].initial = known.name

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if self._known is None and Account.objects.filter(name=name).exists():
            raise forms.ValidationError("This name is taken.")
        return name

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if password or self._known is None:
            validate_password(password, self._known)
        return password

    def site_names(self) -> tuple[str, ...]:
        """The sites that were named."""
        return tuple(s.strip() for s in self.cleaned_data["sites"].split(",") if s.strip())


@needs(Right.ADMIN, "GET", "POST")
def accounts(request: HttpRequest) -> HttpResponse:
    """All accounts; a posted form makes one more."""
    form = AccountForm(request.POST) if request.method == "POST" else AccountForm()
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = Account.objects.make(
            given["name"], given["password"], given["role"], form.site_names()
        )
        made.may_export, made.may_erase = given["may_export"], given["may_erase"]
        made.save()
        note(request, "account made", about=made.name)
        return redirect("accounts")
    known = Account.objects.order_by("name").prefetch_related("sites")
    return render(request, "pages/accounts.html", {"form": form, "accounts": known})


@needs(Right.ADMIN, "GET", "POST")
def account(request: HttpRequest, number: int) -> HttpResponse:
    """Change one account. Who is shut out here is logged out everywhere at once."""
    known = get_object_or_404(Account, pk=number)
    if request.method == "POST":
        form = AccountForm(request.POST, known=known)
        if form.is_valid():
            given = form.cleaned_data
            names = form.site_names()
            own = known.pk == account_of(request).pk
            if not own:  # nobody takes the last administrator away by mistake
                known.role, known.is_active = given["role"], given["is_active"]
            known.may_export, known.may_erase = given["may_export"], given["may_erase"]
            known.every_site = not names
            if given["password"]:
                known.set_password(given["password"])  # ends the account's sessions
            known.save()
            known.sites.all().delete()
            for name in names:
                known.sites.create(site=name)
            note(request, "account changed", about=known.name)
            return redirect("accounts")
    else:
        form = AccountForm(known=known)
        form.initial = {
            "role": known.role, "sites": ", ".join(known.site_names() or ()),
            "may_export": known.may_export, "may_erase": known.may_erase,
            "is_active": known.is_active,
        }  # fmt: skip
    return render(request, "pages/account.html", {"form": form, "known": known})


class TokenForm(forms.Form):
    """A token for another program. sites as of an account."""

    name = forms.CharField(max_length=64)
    sites = forms.CharField(required=False, max_length=500)
    may_export = forms.BooleanField(required=False)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if Token.objects.filter(name=name).exists():
            raise forms.ValidationError("This name is taken.")
        return name


@needs(Right.ADMIN, "GET", "POST")
def tokens(request: HttpRequest) -> HttpResponse:
    """All tokens. A posted name makes one, which is shown this once; `revoke` ends one."""
    form, shown = TokenForm(), ""
    if request.method == "POST" and "revoke" in request.POST:
        name = request.POST["revoke"]
        Token.objects.filter(name=name).update(revoked=True)
        note(request, "token revoked", about=name)
        return redirect("tokens")
    if request.method == "POST":
        form = TokenForm(request.POST)
        if form.is_valid():
            given = form.cleaned_data
            shown = secrets.token_urlsafe(_TOKEN_BYTES)
            Token.objects.create(
                name=given["name"],
                sha256=hashlib.sha256(shown.encode()).hexdigest(),
                sites=",".join(s.strip() for s in given["sites"].split(",") if s.strip()),
                may_export=given["may_export"],
            )
            note(request, "token made", about=given["name"])
    known = Token.objects.order_by("name")
    return render(request, "pages/tokens.html", {"form": form, "tokens": known, "shown": shown})


@needs(Right.ADMIN)
def audit_log(request: HttpRequest) -> HttpResponse:
    """Who saw and did what, newest first, and since when it is known."""
    lines = Paginator(AuditLine.objects.order_by("-pk"), _AUDIT_ROWS)
    page = lines.get_page(request.GET.get("page"))
    first = AuditLine.objects.order_by("pk").first()
    return render(request, "pages/audit.html", {"page": page, "first": first})
