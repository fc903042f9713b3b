"""Who may log in, and what they did: for administrators."""

from __future__ import annotations

import hashlib
import secrets

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from posture_tools.pages.access import Right, account_of, needs
from posture_tools.pages.audit import note
from posture_tools.pages.giving import given_by, name_taken, split, within
from posture_tools.pages.models import Account, AccountSite, AuditLine, Role, Token
from posture_tools.pages.words import active_words

_AUDIT_ROWS = 100
_TOKEN_BYTES = 32
_RIGHTS = ("may_command", "may_export", "may_erase")


class AccountForm(forms.Form):
    """An account. sites : names with commas between; empty is every site."""

    name = forms.CharField(max_length=64)
    role = forms.ChoiceField(choices=Role.choices)
    sites = forms.CharField(required=False, max_length=500)
    may_command = forms.BooleanField(required=False)
    may_export = forms.BooleanField(required=False)
    may_erase = forms.BooleanField(required=False)
    is_active = forms.BooleanField(required=False, initial=True)
    password = forms.CharField(required=False, widget=forms.PasswordInput)

    def __init__(self, *args: object, by: Account, known: Account | None = None) -> None:
        super().__init__(*args)
        self._known, self._by = known, by
        roles = active_words().tables["roles"]
        self.fields["role"].choices = [(value, roles[value]) for value, _ in Role.choices]
        if known is not None:
            self.fields["name"].disabled = True
            self.fields["name"].initial = known.name

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if self._known is None and Account.objects.filter(name=name).exists():
            raise name_taken()
        return name

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if password or self._known is None:
            validate_password(password, self._known)
        return password

    def clean_sites(self) -> str:
        return given_by(self._by, self.cleaned_data["sites"])

    def site_names(self) -> tuple[str, ...]:
        """The sites that were named."""
        return split(self.cleaned_data["sites"])


def _managed_by(admin: Account) -> QuerySet[Account]:
    """The accounts that see nothing which the administrator does not."""
    own = admin.site_names()
    if own is None:
        return Account.objects.all()
    elsewhere = AccountSite.objects.exclude(site__in=own).values("account")
    return Account.objects.filter(every_site=False).exclude(pk__in=elsewhere)


def _tokens_of(admin: Account) -> list[Token]:
    return [each for each in Token.objects.order_by("name") if within(admin, each.sites)]


@needs(Right.ADMIN, "GET", "POST")
def accounts(request: HttpRequest) -> HttpResponse:
    """All accounts; a posted form makes one more."""
    admin = account_of(request)
    form = AccountForm(request.POST if request.method == "POST" else None, by=admin)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = Account.objects.make(
            given["name"], given["password"], given["role"], form.site_names()
        )
        for right in _RIGHTS:
            setattr(made, right, given[right])
        made.save()
        note(request, "account made", about=made.name)
        return redirect("accounts")
    known = _managed_by(admin).order_by("name").prefetch_related("sites")
    return render(request, "pages/accounts.html", {"form": form, "accounts": known})


@needs(Right.ADMIN, "GET", "POST")
def account(request: HttpRequest, number: int) -> HttpResponse:
    """Change one account. Who is shut out here is logged out everywhere at once."""
    admin = account_of(request)
    known = get_object_or_404(_managed_by(admin), pk=number)
    if request.method == "POST":
        form = AccountForm(request.POST, by=admin, known=known)
        if form.is_valid():
            given = form.cleaned_data
            names = form.site_names()
            own = known.pk == admin.pk
            if not own:  # nobody takes the last administrator away by mistake
                known.role, known.is_active = given["role"], given["is_active"]
            for right in _RIGHTS:
                setattr(known, right, given[right])
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
        form = AccountForm(by=admin, known=known)
        form.initial = {
            "role": known.role, "sites": ", ".join(known.site_names() or ()),
            "is_active": known.is_active,
        } | {right: getattr(known, right) for right in _RIGHTS}  # fmt: skip
    return render(request, "pages/account.html", {"form": form, "known": known})


class TokenForm(forms.Form):
    """A token for another program. sites as of an account."""

    name = forms.CharField(max_length=64)
    sites = forms.CharField(required=False, max_length=500)
    may_command = forms.BooleanField(required=False)
    may_export = forms.BooleanField(required=False)
    may_erase = forms.BooleanField(required=False)

    def __init__(self, *args: object, by: Account) -> None:
        super().__init__(*args)
        self._by = by

    def clean_sites(self) -> str:
        return given_by(self._by, self.cleaned_data["sites"])

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if Token.objects.filter(name=name).exists():
            raise name_taken()
        return name


@needs(Right.ADMIN, "GET", "POST")
def tokens(request: HttpRequest) -> HttpResponse:
    """All tokens. A posted name makes one, which is shown this once; `revoke` ends one."""
    admin = account_of(request)
    form, shown = TokenForm(by=admin), ""
    if request.method == "POST" and "revoke" in request.POST:
        name = request.POST["revoke"]
        if name not in {each.name for each in _tokens_of(admin)}:
            raise Http404
        Token.objects.filter(name=name).update(revoked=True)
        note(request, "token revoked", about=name)
        return redirect("tokens")
    if request.method == "POST":
        form = TokenForm(request.POST, by=admin)
        if form.is_valid():
            given = form.cleaned_data
            shown = secrets.token_urlsafe(_TOKEN_BYTES)
            Token.objects.create(
                name=given["name"],
                sha256=hashlib.sha256(shown.encode()).hexdigest(),
                sites=given["sites"],
                **{right: given[right] for right in _RIGHTS},
            )
            note(request, "token made", about=given["name"])
    known = _tokens_of(admin)
    return render(request, "pages/tokens.html", {"form": form, "tokens": known, "shown": shown})


@needs(Right.ADMIN)
def audit_log(request: HttpRequest) -> HttpResponse:
    """Who saw and did what, newest first, and since when it is known."""
    admin = account_of(request)
    seen, own = AuditLine.objects.order_by("-pk"), admin.site_names()
    if own is not None:
        names = _managed_by(admin).values("name")
        seen = seen.filter(Q(site__in=own) | Q(site="", account__in=names))
    page = Paginator(seen, _AUDIT_ROWS).get_page(request.GET.get("page"))
    first = AuditLine.objects.order_by("pk").first()
    age_days = 0 if first is None else (timezone.now() - first.at).days
    return render(request, "pages/audit.html", {"page": page, "first": first, "age_days": age_days})
