"""A remittance keeps how far it has seen; entries are found by creditor and transaction."""

import django.db.models.deletion
from django.db import migrations, models

# One index for another: the foreign key needs one that begins with the creditor, and has it.
DROP_OLD = "DROP INDEX IF EXISTS payments_journalentry_creditor_id_f7c1f6cf"
CREATE_OLD = "CREATE INDEX payments_journalentry_creditor_id_f7c1f6cf ON payments_journalentry (creditor_id)"


class Migration(migrations.Migration):
    dependencies = [("payments", "0027_one_entry_at_a_time"), ("accounts", "0010_history_without_balances")]
    operations = [
        migrations.AddField("remittance", "seen_below", models.BigIntegerField(editable=False, null=True)),
        migrations.AddField("remittance", "seen_by", models.CharField(db_default="", editable=False, max_length=20)),
        migrations.AddIndex("journalentry", models.Index(fields=["creditor", "xid"], name="entry_by_creditor_since")),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    "journalentry",
                    "creditor",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="journal_entries",
                        to="accounts.creditor",
                    ),
                )
            ],
            database_operations=[migrations.RunSQL(DROP_OLD, CREATE_OLD)],
        ),
    ]
