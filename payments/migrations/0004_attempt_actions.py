
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_imports_and_blind_name_tokens'),
        ('payments', '0003_ledger_rules'),
        ('wallets', '0002_mandate_revocation'),
    ]

    operations = [
        migrations.AddField(
            model_name='attempt',
            name='action',
            field=models.JSONField(blank=True, help_text='What the payer has to open, to show it again.', null=True),
        ),
        migrations.AddField(
            model_name='attempt',
            name='looked_up_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='attempt',
            name='needs_person',
            field=models.BooleanField(default=False, help_text='Left to a person; `reason` says why.'),
        ),
        migrations.AddField(
            model_name='payment',
            name='request_key',
            field=models.CharField(blank=True, help_text='Of the form that asked for it: once per link.', max_length=64),
        ),
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(condition=models.Q(('state', 'created')), fields=['id'], name='attempt_to_send'),
        ),
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(condition=models.Q(('needs_person', True)), fields=['id'], name='attempt_for_a_person'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.UniqueConstraint(condition=models.Q(('request_key', ''), _negated=True), fields=('link', 'request_key'), name='payment_once_per_link_request'),
        ),
    ]
