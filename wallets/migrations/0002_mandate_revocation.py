
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_append_only_events'),
        ('wallets', '0001_initial'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='mandate',
            name='changed_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='mandate',
            name='deleted_delete',
        ),
        migrations.AddField(
            model_name='mandate',
            name='revoke_due_at',
            field=models.DateTimeField(blank=True, help_text='When to tell the provider (again) that this mandate has ended.', null=True),
        ),
        migrations.AddField(
            model_name='mandate',
            name='revoke_tries',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='mandatechange',
            name='revoke_due_at',
            field=models.DateTimeField(blank=True, help_text='When to tell the provider (again) that this mandate has ended.', null=True),
        ),
        migrations.AddField(
            model_name='mandatechange',
            name='revoke_tries',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddIndex(
            model_name='mandate',
            index=models.Index(condition=models.Q(('revoke_due_at__isnull', False)), fields=['revoke_due_at'], name='mandate_to_revoke'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='mandate',
            trigger=pgtrigger.compiler.Trigger(name='changed_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "wallets_mandatechange" ("account_id", "cap_minor", "created_at", "currency", "ended_at", "evidence", "first_debit_on", "id", "merchant_reference", "payment_method_id", "period_days", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "provider_id", "provider_reference", "revoke_due_at", "revoke_tries", "signed_at", "state", "state_reason", "terms_text", "terms_version", "valid_until") VALUES (OLD."account_id", OLD."cap_minor", OLD."created_at", OLD."currency", OLD."ended_at", OLD."evidence", OLD."first_debit_on", OLD."id", OLD."merchant_reference", OLD."payment_method_id", OLD."period_days", _pgh_attach_context(), NOW(), \'changed\', OLD."id", OLD."provider_id", OLD."provider_reference", OLD."revoke_due_at", OLD."revoke_tries", OLD."signed_at", OLD."state", OLD."state_reason", OLD."terms_text", OLD."terms_version", OLD."valid_until"); RETURN NULL;', hash='60b0e968e56f92f2fb4a0900ce23fe806616d3f6', operation='UPDATE', pgid='pgtrigger_changed_update_f2f21', table='wallets_mandate', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='mandate',
            trigger=pgtrigger.compiler.Trigger(name='deleted_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "wallets_mandatechange" ("account_id", "cap_minor", "created_at", "currency", "ended_at", "evidence", "first_debit_on", "id", "merchant_reference", "payment_method_id", "period_days", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "provider_id", "provider_reference", "revoke_due_at", "revoke_tries", "signed_at", "state", "state_reason", "terms_text", "terms_version", "valid_until") VALUES (OLD."account_id", OLD."cap_minor", OLD."created_at", OLD."currency", OLD."ended_at", OLD."evidence", OLD."first_debit_on", OLD."id", OLD."merchant_reference", OLD."payment_method_id", OLD."period_days", _pgh_attach_context(), NOW(), \'deleted\', OLD."id", OLD."provider_id", OLD."provider_reference", OLD."revoke_due_at", OLD."revoke_tries", OLD."signed_at", OLD."state", OLD."state_reason", OLD."terms_text", OLD."terms_version", OLD."valid_until"); RETURN NULL;', hash='81a31380ff9de05d4d8130b8a57db68aba535c03', operation='DELETE', pgid='pgtrigger_deleted_delete_93718', table='wallets_mandate', when='AFTER')),
        ),
    ]
