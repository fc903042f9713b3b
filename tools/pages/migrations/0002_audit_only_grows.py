"""The audit log only grows: the database itself refuses to change or take away a line."""

from django.db import migrations

_REFUSE = "SELECT RAISE(ABORT, 'the audit log only grows')"


class Migration(migrations.Migration):
    dependencies = [("pages", "0001_initial")]

    operations = [
        migrations.RunSQL(
            f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON pages_auditline"
            f" BEGIN {_REFUSE}; END",
            f"DROP TRIGGER audit_no_{verb.lower()}",
        )
        for verb in ("UPDATE", "DELETE")
    ]
