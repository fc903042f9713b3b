"""The app of the pages, as the framework calls it."""

from __future__ import annotations

from django.apps import AppConfig


class PagesApp(AppConfig):
    """Accounts and audit log."""

    name = "posture_tools.pages"
    label = "pages"
