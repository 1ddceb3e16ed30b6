from importlib import import_module

from django.db import migrations

from common.references import renew_check

PARENTS = import_module("payments.migrations.0007_references_once_per_statement").PARENTS


class Migration(migrations.Migration):
    dependencies = [("payments", "0014_reconciliation")]
    operations = [renew_check("payments_posting", PARENTS)]
