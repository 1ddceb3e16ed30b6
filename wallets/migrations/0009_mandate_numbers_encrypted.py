"""The wallet's number of an agreement is, on a saved wallet, the token it is debited by: sealed, in its history too."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import common.crypto.blind_fields
import common.crypto.fields
from common.crypto.blind import indexer
from common.crypto.cipher import context_of, open_sealed, sealer
from common.crypto.normalise import normalise_reference

PLACE = ("wallets_mandate", "provider_reference")
# The table, its key, and the row a value is sealed for: a history row's value belongs to the row it was copied from.
TABLES = (("wallets_mandate", "id", "id"), ("wallets_mandatechange", "pgh_id", "pgh_obj_id"))
BATCH = 2000
_STORE = """
    UPDATE {table} SET provider_reference = given.number, provider_reference_index = given.index
    FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS given(key, number, index) WHERE {table}.{key} = given.key
"""


def seal_numbers(apps, schema_editor):
    index = indexer("reference")
    _move(schema_editor.connection, lambda seal, text, row: (seal(text, row), index(normalise_reference(text))))


def open_numbers(apps, schema_editor):
    _move(schema_editor.connection, lambda seal, text, row: (open_sealed(text, context=context_of(*PLACE, row)), ""))


def _move(connection, changed):
    for table, key, row in TABLES:
        last = 0
        while found := _batch(connection, table, key, row, last):
            seal = sealer(*PLACE)
            news = [changed(seal, text, row_id) for _number, row_id, text in found]
            keys, numbers, indexes = [number for number, *_rest in found], *zip(*news, strict=True)
            with connection.cursor() as cursor:
                cursor.execute(_STORE.format(table=table, key=key), [keys, list(numbers), list(indexes)])
            last = keys[-1]


def _batch(connection, table, key, row, last):
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {key}, {row}, provider_reference FROM {table}"
            f" WHERE {key} > %s AND provider_reference <> '' AND {row} IS NOT NULL ORDER BY {key} LIMIT {BATCH}",
            [last],
        )
        return cursor.fetchall()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_references_found_together"),
        ("wallets", "0008_provider_merchant"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="mandate",
            name="changed_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="mandate",
            name="deleted_delete",
        ),
        migrations.AddField(
            model_name="mandate",
            name="provider_reference_index",
            field=common.crypto.blind_fields.BlindIndexField(
                blank=True, default="", editable=False, max_length=32, purpose="reference", source="provider_reference"
            ),
        ),
        migrations.AddField(
            model_name="mandatechange",
            name="provider_reference_index",
            field=common.crypto.blind_fields.BlindIndexField(
                blank=True, default="", editable=False, max_length=32, purpose="reference", source="provider_reference"
            ),
        ),
        migrations.AlterField(
            model_name="mandate",
            name="provider_reference",
            field=common.crypto.fields.EncryptedTextField(blank=True, default=""),
        ),
        migrations.AlterField(
            model_name="mandatechange",
            name="provider_reference",
            field=common.crypto.fields.EncryptedTextField(blank=True, default=""),
        ),
        migrations.RunPython(seal_numbers, open_numbers, elidable=True),
        migrations.AddIndex(
            model_name="mandate",
            index=models.Index(
                condition=models.Q(("provider_reference_index", ""), _negated=True),
                fields=["provider", "provider_reference_index"],
                name="mandate_by_their_number",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="mandate",
            trigger=pgtrigger.compiler.Trigger(
                name="changed_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "wallets_mandatechange" ("account_id", "cap_minor", "checked_at", "created_at", "currency", "ended_at", "evidence", "first_debit_on", "id", "merchant_reference", "paused_by", "payment_method_id", "period", "period_unit", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "provider_id", "provider_reference", "provider_reference_index", "revoke_due_at", "revoke_tries", "signed_at", "state", "state_reason", "terms_text", "terms_version", "valid_until") VALUES (OLD."account_id", OLD."cap_minor", OLD."checked_at", OLD."created_at", OLD."currency", OLD."ended_at", OLD."evidence", OLD."first_debit_on", OLD."id", OLD."merchant_reference", OLD."paused_by", OLD."payment_method_id", OLD."period", OLD."period_unit", _pgh_attach_context(), NOW(), \'changed\', OLD."id", OLD."provider_id", OLD."provider_reference", OLD."provider_reference_index", OLD."revoke_due_at", OLD."revoke_tries", OLD."signed_at", OLD."state", OLD."state_reason", OLD."terms_text", OLD."terms_version", OLD."valid_until"); RETURN NULL;',
                    hash="0d0bc691360123cfa492f94939bfed3015a50ed6",
                    operation="UPDATE",
                    pgid="pgtrigger_changed_update_f2f21",
                    table="wallets_mandate",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="mandate",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "wallets_mandatechange" ("account_id", "cap_minor", "checked_at", "created_at", "currency", "ended_at", "evidence", "first_debit_on", "id", "merchant_reference", "paused_by", "payment_method_id", "period", "period_unit", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "provider_id", "provider_reference", "provider_reference_index", "revoke_due_at", "revoke_tries", "signed_at", "state", "state_reason", "terms_text", "terms_version", "valid_until") VALUES (OLD."account_id", OLD."cap_minor", OLD."checked_at", OLD."created_at", OLD."currency", OLD."ended_at", OLD."evidence", OLD."first_debit_on", OLD."id", OLD."merchant_reference", OLD."paused_by", OLD."payment_method_id", OLD."period", OLD."period_unit", _pgh_attach_context(), NOW(), \'deleted\', OLD."id", OLD."provider_id", OLD."provider_reference", OLD."provider_reference_index", OLD."revoke_due_at", OLD."revoke_tries", OLD."signed_at", OLD."state", OLD."state_reason", OLD."terms_text", OLD."terms_version", OLD."valid_until"); RETURN NULL;',
                    hash="c4f0e0cb061a6bbb7ce556da898d0c0dc5feca37",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_delete_93718",
                    table="wallets_mandate",
                    when="AFTER",
                ),
            ),
        ),
    ]
