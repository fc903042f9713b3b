"""The audit log only grows: the database itself refuses to change or take away a line."""

from typing import Any

from django.db import migrations

_SAID = "the audit log only grows"
_SQLITE = tuple(
    f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON pages_auditline"
    f" BEGIN SELECT RAISE(ABORT, '{_SAID}'); END"
    for verb in ("UPDATE", "DELETE")
)
# ALWAYS: a session that calls itself a replica is refused too.
_POSTGRESQL = (
    "CREATE FUNCTION audit_only_grows() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN"
    f" RAISE EXCEPTION '{_SAID}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
    "CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON pages_auditline"
    " FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()",
    "ALTER TABLE pages_auditline ENABLE ALWAYS TRIGGER audit_only_grows",
)


def _refuse(apps: Any, editor: Any) -> None:
    sqlite = editor.connection.vendor == "sqlite"
    with editor.connection.cursor() as cursor:
        for statement in _SQLITE if sqlite else _POSTGRESQL:
            cursor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("pages", "0001_initial")]

    operations = [migrations.RunPython(_refuse)]
