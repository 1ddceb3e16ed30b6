
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('compliance', '0004_policy_packs'),
    ]

    operations = [
        migrations.AlterField(
            model_name='decision',
            name='packs',
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.AlterField(
            model_name='decision',
            name='requirements',
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.AlterField(
            model_name='decision',
            name='rules',
            field=models.JSONField(db_default=[], default=list),
        ),
    ]
