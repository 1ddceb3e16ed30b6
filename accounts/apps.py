from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import navigation, panels, work_reasons

        navigation.register_all()
        panels.register()
        work_reasons.register_own()
