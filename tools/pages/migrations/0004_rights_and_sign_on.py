from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("pages", "0003_token")]

    operations = [
        migrations.AddField("account", "may_command", models.BooleanField(default=False)),
        migrations.AddField(
            "account", "subject", models.CharField(blank=True, default="", max_length=255)
        ),
    ]
