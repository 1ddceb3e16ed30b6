from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    name = "compliance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from compliance import approvals, navigation, panels

        approvals.register_all()
        navigation.register_all()
        panels.register()
