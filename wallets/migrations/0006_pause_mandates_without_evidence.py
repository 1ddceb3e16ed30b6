"""Nothing is debited under an agreement that cannot be shown; rows from before this rule are paused for a person."""

from django.db import migrations

NAMES = ("agreed_at", "ip", "user_agent")
WHY = "how it was agreed is not on record"


def pause_unproven(apps, schema_editor):
    for row in apps.get_model("wallets", "Mandate").objects.filter(state="active").iterator():
        if row.terms_version and row.terms_text and all(row.evidence.get(name) for name in NAMES):
            continue
        row.state, row.paused_by, row.state_reason = "paused", "staff", WHY
        row.save(update_fields=["state", "paused_by", "state_reason"])


class Migration(migrations.Migration):
    dependencies = [("wallets", "0005_forget_removed_wallets")]

    operations = [migrations.RunPython(pause_unproven, migrations.RunPython.noop, elidable=True)]
