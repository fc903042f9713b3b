"""What the pages keep: who may see what, and who saw what. Never a measure."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models


class Role(models.TextChoices):
    """What an account is for. Rights follow from it: `access.RIGHTS`."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


class Accounts(BaseUserManager["Account"]):
    """Making accounts, which the command line and the page of accounts share."""

    def make(
        self, name: str, password: str | None, role: str, sites: tuple[str, ...] = ()
    ) -> Account:
        """A new account.

        password : None for one that only a provider vouches for. sites : those that it sees; none
        are all.
        """
        account = self.model(name=name, role=role, every_site=not sites)
        if password is None:
            account.set_unusable_password()
        else:
            account.set_password(password)
        account.save(using=self._db)
        for site in sites:
            account.sites.create(site=site)
        return account


class Account(AbstractBaseUser):
    """Somebody who may log in.

    may_command, may_erase, may_export : rights of their own beside the role's. every_site :
    whether `sites` does not narrow what is seen. subject : how the provider of the single sign-on
    calls who first came with this name; '' before.
    """

    name = models.CharField(max_length=64, unique=True)
    role = models.CharField(max_length=10, choices=Role.choices)
    every_site = models.BooleanField(default=False)
    may_command = models.BooleanField(default=False)
    may_erase = models.BooleanField(default=False)
    may_export = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=8, default="")
    subject = models.CharField(max_length=255, default="", blank=True)

    USERNAME_FIELD = "name"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = Accounts()

    def __str__(self) -> str:
        return self.name

    def site_names(self) -> tuple[str, ...] | None:
        """The sites it sees; None for all."""
        if self.every_site:
            return None
        return tuple(self.sites.values_list("site", flat=True))

    def sees(self, site: str) -> bool:
        """Whether it may see what belongs to this site."""
        names = self.site_names()
        return names is None or site in names


class AccountSite(models.Model):
    """One site that an account sees."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="sites")
    site = models.CharField(max_length=64)

    class Meta:
        unique_together = ("account", "site")


class Token(models.Model):
    """What another program shows instead of a name and a password. Only its hash is kept.

    sites : with commas between; empty for all. may_command, may_erase, may_export : what it may
    beside looking.
    """

    name = models.CharField(max_length=64, unique=True)
    sha256 = models.CharField(max_length=64, unique=True)
    sites = models.CharField(max_length=500, default="", blank=True)
    may_command = models.BooleanField(default=False)
    may_erase = models.BooleanField(default=False)
    may_export = models.BooleanField(default=False)
    revoked = models.BooleanField(default=False)
    made_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name

    def site_names(self) -> tuple[str, ...] | None:
        """The sites it sees; None for all."""
        return tuple(self.sites.split(",")) if self.sites else None

    def sees(self, site: str) -> bool:
        """Whether it may see what belongs to this site."""
        names = self.site_names()
        return names is None or site in names


class AuditLine(models.Model):
    """Who did what, and when. Lines are added and never changed: the database refuses it.

    about : what was looked at: a session, a code, a station; never a measure.
    """

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    account = models.CharField(max_length=64)
    address = models.CharField(max_length=64)
    what = models.CharField(max_length=32)
    site = models.CharField(max_length=64)
    about = models.CharField(max_length=300)
