from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from payments import receivers  # noqa: F401 - connecting them is all this import is for
        from payments.disputes import receivers as dispute_receivers  # noqa: F401 - as above
        from payments.placements import register_hooks
        from payments.promises import judging  # noqa: F401 - as above

        register_hooks()
        self._register_pages()

    @staticmethod
    def _register_pages() -> None:
        from common import clock_targets
        from payments import agenda, debtor_panels, navigation, open_work, panels, refund_pages, selectors, work_reasons
        from payments.approvals import register_all as register_approvals
        from payments.disputes import panel as dispute_panel
        from payments.moves import panel as move_panel
        from payments.moves import words as move_words
        from payments.next_action import register_own as register_steps
        from payments.promises import words as promise_words
        from payments.transfers import words

        navigation.register_all()
        words.register_all()
        promise_words.register_all()
        dispute_panel.register_all()
        move_words.register_all()
        move_panel.register()
        open_work.register_all()
        panels.register()
        agenda.register_all()
        debtor_panels.register_page()
        work_reasons.register_own()
        register_steps()
        register_approvals()
        refund_pages.register_all()
        clock_targets.register(selectors.next_due_moment)
