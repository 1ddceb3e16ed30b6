from django.apps import AppConfig


class CryptoTestConfig(AppConfig):
    name = "tests.common.crypto.testapp"
    label = "crypto_testapp"
    default_auto_field = "django.db.models.BigAutoField"
