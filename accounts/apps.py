from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import agenda_panel, desk_panels, navigation, panels, work_reasons
        from accounts.hardship.work import register_reasons
        from accounts.imports.file_keys import key_ids_of_files
        from accounts.next_action import register_own as register_steps
        from common.crypto import key_users

        key_users.register("import files", key_ids_of_files)
        navigation.register_all()
        panels.register()
        desk_panels.register()
        agenda_panel.register()
        work_reasons.register_own()
        register_reasons()
        register_steps()
