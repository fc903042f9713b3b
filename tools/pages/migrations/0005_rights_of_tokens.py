from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("pages", "0004_rights_and_sign_on")]

    operations = [
        migrations.AddField("token", "may_command", models.BooleanField(default=False)),
        migrations.AddField("token", "may_erase", models.BooleanField(default=False)),
    ]
