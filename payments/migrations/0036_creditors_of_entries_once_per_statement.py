"""The creditor of an entry is looked up once per statement, as its lines are: a foreign key would lock the creditor's
row for every entry, and who posts for the same creditor at the same time would pass that lock around."""

import django.db.models.deletion
from django.db import migrations, models

from common.references import check_references


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0017_end_of_the_road"),
        ("payments", "0035_disputes_that_close_accounts"),
    ]
    operations = [
        migrations.AlterField(
            "journalentry",
            "creditor",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="journal_entries",
                to="accounts.creditor",
            ),
        ),
        check_references("payments_journalentry", {"creditor_id": "accounts_creditor"}),
    ]
