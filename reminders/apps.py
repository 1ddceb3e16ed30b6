from django.apps import AppConfig


class RemindersConfig(AppConfig):
    name = "reminders"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from reminders import mail_receivers, receivers  # noqa: F401 - connecting them is all this import is for
        from reminders.disputes import letters  # noqa: F401 - as above

        self._register_pages()

    @staticmethod
    def _register_pages() -> None:
        from accounts.timeline import register_link_finder, register_reason_teller, register_reason_words
        from common import clock_targets
        from compliance.words import PURPOSE_WORDS
        from reminders import agenda, navigation, panels, panels_debtor, reasons, selectors_clock, why, work_reasons
        from reminders.disputes import letters
        from reminders.hardship import panel as hardship_panel
        from reminders.next_action import register_own as register_steps

        register_reason_words(PURPOSE_WORDS)
        register_reason_teller(reasons.known_words)
        register_link_finder(why.links_of_events)
        navigation.register_all()
        hardship_panel.register()
        letters.register_own()
        panels.register()
        agenda.register_all()
        panels_debtor.register()
        work_reasons.register_own()
        register_steps()
        clock_targets.register(selectors_clock.next_message_moment)
