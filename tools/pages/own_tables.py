"""Where the pages keep accounts, sessions and the audit log: beside the store, never in its tables.

Beside a SQLite store they are a file of their own; in PostgreSQL a schema of their own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from posture_tools.pages.config import PagesConfig

from edge.errors import StoreFailed

SCHEMA = "pages"
_KEPT_S = 60
_LOCK = 0x70616765  # one server brings the tables up to date at a time


def database_of(config: PagesConfig) -> dict[str, Any]:
    """The framework's setting of it."""
    if isinstance(config.store, Path):
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": config.own,
            "OPTIONS": {
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
            },
        }
    from posture_tools.collector.postgres.database import DEFAULTS
    from psycopg.conninfo import conninfo_to_dict

    given = {**DEFAULTS, "application_name": "posture-pages", **conninfo_to_dict(config.store)}
    given["options"] = f"{given.get('options', '')} -c search_path={SCHEMA}".strip()
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": given.pop("dbname", None) or given.get("user", "postgres"),
        "OPTIONS": given,
        "CONN_MAX_AGE": _KEPT_S,
        "CONN_HEALTH_CHECKS": True,
    }


def bring_up_to_date() -> None:
    """Make the tables that are missing; what has run out goes.

    Raises
    ------
    StoreFailed : the database does not answer, or gives these pages no right to make a schema.
    """
    from django.core.management import call_command
    from django.db import DatabaseError, connection

    try:
        if connection.vendor != "postgresql":
            call_command("migrate", verbosity=0, interactive=False)
        else:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
                try:
                    cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [SCHEMA])
                    if cursor.fetchone() is None:
                        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
                    call_command("migrate", verbosity=0, interactive=False)
                finally:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
        call_command("clearsessions")
    except DatabaseError as error:
        raise StoreFailed(
            f"The tables of the pages cannot be made: {' '.join(str(error).split())}.",
            "Is the database running, and may this user create a schema in it?",
        ) from error
