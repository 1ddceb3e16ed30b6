
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0004_attempt_actions'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='instalment',
            name='changed_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='instalment',
            name='deleted_delete',
        ),
        migrations.AddField(
            model_name='instalment',
            name='notice_sent_at',
            field=models.DateTimeField(blank=True, help_text='When the person was really told: without it there is no debit.', null=True),
        ),
        migrations.AddField(
            model_name='instalmentchange',
            name='notice_sent_at',
            field=models.DateTimeField(blank=True, help_text='When the person was really told: without it there is no debit.', null=True),
        ),
        migrations.AlterField(
            model_name='instalment',
            name='noticed_at',
            field=models.DateTimeField(blank=True, help_text='Announced to the reminders app.', null=True),
        ),
        migrations.AlterField(
            model_name='instalmentchange',
            name='noticed_at',
            field=models.DateTimeField(blank=True, help_text='Announced to the reminders app.', null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='instalment',
            trigger=pgtrigger.compiler.Trigger(name='changed_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "payments_instalmentchange" ("amount_minor", "attempts_used", "debit_not_before", "due_on", "id", "last_reason", "notice_sent_at", "noticed_at", "number", "paid_minor", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "state") VALUES (OLD."amount_minor", OLD."attempts_used", OLD."debit_not_before", OLD."due_on", OLD."id", OLD."last_reason", OLD."notice_sent_at", OLD."noticed_at", OLD."number", OLD."paid_minor", _pgh_attach_context(), NOW(), \'changed\', OLD."id", OLD."plan_id", OLD."state"); RETURN NULL;', hash='3c52abd77ca4001ae2eec53eee15e6fc9782bc7a', operation='UPDATE', pgid='pgtrigger_changed_update_37173', table='payments_instalment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='instalment',
            trigger=pgtrigger.compiler.Trigger(name='deleted_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "payments_instalmentchange" ("amount_minor", "attempts_used", "debit_not_before", "due_on", "id", "last_reason", "notice_sent_at", "noticed_at", "number", "paid_minor", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "state") VALUES (OLD."amount_minor", OLD."attempts_used", OLD."debit_not_before", OLD."due_on", OLD."id", OLD."last_reason", OLD."notice_sent_at", OLD."noticed_at", OLD."number", OLD."paid_minor", _pgh_attach_context(), NOW(), \'deleted\', OLD."id", OLD."plan_id", OLD."state"); RETURN NULL;', hash='c9a7a94c0075f490b08ef8c9e012594c178ab76a', operation='DELETE', pgid='pgtrigger_deleted_delete_f2f85', table='payments_instalment', when='AFTER')),
        ),
    ]
