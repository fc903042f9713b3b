"""Who else is told that a result came: hooks, what became of the last tries, one more, one less.

The list of hosts that may be told is not kept here: whoever runs the collector keeps it, so that a
stolen log-in of an administrator leads nothing to a place of its own.
"""

from __future__ import annotations

import time
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from posture_tools.collector.webhooks import attempts
from posture_tools.collector.webhooks import hooks as kept
from posture_tools.pages import reading
from posture_tools.pages.access import Right, account_of, needs
from posture_tools.pages.audit import note
from posture_tools.pages.giving import given_by, name_taken, split, within
from posture_tools.pages.models import Account
from posture_tools.pages.problems import told
from posture_tools.pages.words import active_words

from edge.errors import SettingsInvalid

_S = 10**9
_IDLE_S = 600  # what could have been tried for so long is tried by nobody
_HTTPS = 443


class HookForm(forms.Form):
    """One more hook. path : behind the host, with its query. sites : as of an account."""

    name = forms.CharField(
        max_length=64, validators=[RegexValidator(r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    )
    host = forms.ChoiceField()
    port = forms.IntegerField(min_value=1, max_value=65_535, initial=_HTTPS)
    path = forms.CharField(
        max_length=1500, initial="/", validators=[RegexValidator(r"^/[!-\"$-~]*$")]
    )  # fmt: skip
    sites = forms.CharField(required=False, max_length=500)

    def __init__(self, *args: object, by: Account) -> None:
        super().__init__(*args)
        self._by = by
        self.fields["host"].choices = [(host, host) for host in kept.hosts(reading.store())]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name in {line.name for line in kept.lines(reading.store())}:
            raise name_taken()
        return name

    def clean_sites(self) -> str:
        return given_by(self._by, self.cleaned_data["sites"])

    @property
    def url(self) -> str:
        """The address to tell."""
        given = self.cleaned_data
        port = "" if given["port"] == _HTTPS else f":{given['port']}"
        return f"https://{given['host']}{port}{given['path']}"


@needs(Right.ADMIN, "GET", "POST")
def hooks(request: HttpRequest) -> HttpResponse:
    """The webhooks of one's sites. A posted form makes one more, whose secret is shown this once; a
    posted `remove` or `again` names one."""
    admin = account_of(request)
    if request.method == "POST" and ("remove" in request.POST or "again" in request.POST):
        return _do(request, admin)
    form, secret = HookForm(by=admin), ""
    if request.method == "POST":
        form = HookForm(request.POST, by=admin)
        if form.is_valid():
            given = form.cleaned_data
            sites = split(given["sites"])
            try:
                secret = kept.add(reading.store(), given["name"], form.url, sites, admin.name)
            except SettingsInvalid as problem:  # somebody else was faster
                form.add_error(None, told(active_words(), problem))
            else:
                note(request, "hook made", about=f"{given['name']} {form.url}")
                form = HookForm(by=admin)
    context: dict[str, Any] = {"hooks": _shown(admin), "form": form, "secret": secret}
    return render(request, "pages/hooks.html", context)


def _do(request: HttpRequest, admin: Account) -> HttpResponse:
    name = request.POST.get("remove") or request.POST.get("again") or ""
    if name not in {line.name for line in _lines(admin)}:
        raise Http404
    if "remove" in request.POST:
        kept.remove(reading.store(), name, admin.name)
        note(request, "hook removed", about=name)
    else:
        kept.again(reading.store(), name, time.time_ns())
        note(request, "hook again", about=name)
    return redirect("hooks")


def _lines(admin: Account) -> list[kept.HookLine]:
    return [line for line in kept.lines(reading.store()) if within(admin, line.sites)]


def _shown(admin: Account) -> list[dict[str, Any]]:
    """Each hook with its last tries, and whether anybody delivers at all."""
    late_ns = time.time_ns() - _IDLE_S * _S
    return [
        {
            "line": line,
            "attempts": attempts.attempts(reading.store(), line.name),
            "nobody": 0 < line.since_ns < late_ns,
        }
        for line in _lines(admin)
    ]
