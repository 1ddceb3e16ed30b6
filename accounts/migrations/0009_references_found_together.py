from importlib import import_module

from django.db import migrations

from common.references import renew_check

PARENTS = import_module("accounts.migrations.0006_references_once_per_statement").PARENTS


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_history_ids_of_64_bits")]
    operations = [renew_check(table, parents) for table, parents in PARENTS.items()]
