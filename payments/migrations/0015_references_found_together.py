from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

from common.references import renew_check

PARENTS = import_module("payments.migrations.0007_references_once_per_statement").PARENTS


class Migration(migrations.Migration):
    dependencies = [("payments", "0014_reconciliation")]
    operations = [
        renew_check("payments_posting", PARENTS),
        # Postings are never deleted: the ledger refuses it itself.
        migrations.AlterField(
            "remittanceline",
            "posting",
            models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="remittance_lines",
                to="payments.posting",
            ),
        ),
    ]
