"""`posture-collector account`."""

from __future__ import annotations

import getpass
import secrets
import sys
from argparse import Namespace
from typing import TYPE_CHECKING

from posture_tools.cli import Output, Verb, argument
from posture_tools.collector.collector_options import STORE

from edge.errors import SettingsInvalid

if TYPE_CHECKING:
    from posture_tools.pages.models import Account

_PASSWORD_BYTES = 12


def run(options: Namespace, out: Output) -> int:
    from posture_tools.pages.config import PagesConfig
    from posture_tools.pages.serve import prepare

    prepare(PagesConfig(store=options.store))
    from posture_tools.pages.models import Account

    if options.act == "add":
        if Account.objects.filter(name=options.name).exists():
            raise SettingsInvalid(f"There is an account {options.name} already.", "Reset it.")
        password, made = (None, "") if options.sign_on else _password(options.name)
        Account.objects.make(options.name, password, options.role, tuple(options.site))
        out.line(f"{options.name} may log in as {options.role}." + made)
        return 0
    known = _known(options.name)
    if options.act == "reset":
        password, made = _password(options.name)
        known.set_password(password)
        known.is_active = True
        known.save()
        out.line(f"{options.name} has a new password." + made)
    elif options.act == "forget-phone":
        from posture_tools.pages.second_factor import forget

        had = forget(known)
        out.line(f"{options.name} enters by password alone." if had
                 else f"{options.name} has no second factor.")  # fmt: skip
    elif options.act == "forget-sign-on":
        known.subject = ""
        known.save()
        out.line(f"Whoever the provider next vouches for as {options.name} gets this account.")
    else:
        known.delete()
        out.line(f"{options.name} is gone, and logged out everywhere.")
    return 0


def _known(name: str) -> Account:
    from posture_tools.pages.models import Account

    account: Account | None = Account.objects.filter(name=name).first()
    if account is None:
        raise SettingsInvalid(f"There is no account {name}.", "Make it: account add.")
    return account


def _password(name: str) -> tuple[str, str]:
    """The password as typed twice at a terminal, else a made-up one; and what to say of it."""
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    if not sys.stdin.isatty():
        password = secrets.token_urlsafe(_PASSWORD_BYTES)
        return password, f" Password: {password}"
    password = getpass.getpass(f"Password of {name}: ")
    try:
        validate_password(password)
    except ValidationError as error:
        raise SettingsInvalid(" ".join(error.messages), "Take a longer one.") from error
    if getpass.getpass("Again: ") != password:
        raise SettingsInvalid("The two are not the same.", "Type it twice alike.")
    return password, ""


VERB = Verb(
    "account",
    "Make, reset or remove an account of the pages. The password is asked for; where nobody is "
    "at the keyboard, one is made up and printed.",
    example="posture-collector account add anna --role admin\nposture-collector account reset anna",
    run=run,
    arguments=(
        argument(
            "act",
            choices=("add", "reset", "remove", "forget-phone", "forget-sign-on"),
            help="What to do. forget-phone: the second factor is lost. forget-sign-on: the "
            "provider gave the name to another.",
        ),
        argument("name", metavar="NAME", help="The name to log in by."),
        argument(
            "--role",
            choices=("viewer", "operator", "admin"),
            default="viewer",
            help="What the account may do. The default is viewer.",
        ),
        argument(
            "--site",
            action="append",
            default=[],
            help="Let it see this site only; several may be given. Without, it sees all.",
        ),
        argument(
            "--sign-on",
            action="store_true",
            help="Make it without a password: only the provider of the single sign-on vouches.",
        ),
        STORE,
    ),
    extra="pages",
)
