import pghistory
from django.db import models

from common.crypto.fields import BlindIndexField, BlindTokensField, EncryptedTextField
from common.ids import uuid7


@pghistory.track(
    pghistory.UpdateEvent("changed", row=pghistory.Old), pghistory.DeleteEvent("deleted", row=pghistory.Old)
)
class Person(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = EncryptedTextField(blank=True, default="")
    name_tokens = BlindTokensField(source="name")
    email = EncryptedTextField(null=True, blank=True, db_column="mail_sealed")
    email_index = BlindIndexField(source="email", purpose="email")
    visits = models.IntegerField(default=0)


class Numbered(models.Model):
    note = EncryptedTextField(blank=True, default="")
