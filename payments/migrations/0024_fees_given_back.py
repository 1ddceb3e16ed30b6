from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0023_attempts_know_how_they_were_paid")]

    operations = [
        migrations.RemoveConstraint(model_name="statementline", name="statement_line_fee_not_negative"),
        migrations.RemoveIndex(model_name="statementline", name="statement_line_fee_due"),
        migrations.AddIndex(
            model_name="statementline",
            index=models.Index(
                condition=models.Q(("fee_entry", None), models.Q(("fee_minor", 0), _negated=True)),
                fields=["provider"],
                name="statement_line_fee_due",
            ),
        ),
    ]
