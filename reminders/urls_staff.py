from django.urls import path

from reminders import (
    views_calls,
    views_conversations,
    views_letters,
    views_schedules,
    views_sending,
    views_staff,
    views_switches,
)

urlpatterns = [
    path("accounts-of/<str:reference>/send-link/", views_staff.account_send_link, name="account_send_link"),
    path("calls/", views_calls.call_list, name="call_list"),
    path("calls/<int:task_id>/", views_calls.call_page, name="call_page"),
    path("calls/<int:task_id>/start/", views_calls.call_start, name="call_start"),
    path("calls/<int:task_id>/put-back/", views_calls.call_put_back, name="call_put_back"),
    path("conversations/", views_conversations.conversation_list, name="conversation_list"),
    path("conversations/<int:thread_id>/", views_conversations.conversation_page, name="conversation_page"),
    path("conversations/<int:thread_id>/take/", views_conversations.conversation_take, name="conversation_take"),
    path("conversations/<int:thread_id>/close/", views_conversations.conversation_close, name="conversation_close"),
    path("letters/", views_letters.letter_list, name="letter_list"),
    path("letters/print/", views_letters.letter_batch_make, name="letter_batch_make"),
    path("letters/<int:batch_id>/", views_letters.letter_batch, name="letter_batch"),
    path("letters/<int:batch_id>/posted/", views_letters.letter_batch_posted, name="letter_batch_posted"),
    path("letters/<int:batch_id>/file/<slug:kind>/", views_letters.letter_batch_file, name="letter_batch_file"),
    path("letters/returned/<int:letter_id>/", views_letters.letter_returned, name="letter_returned"),
    path("messages/", views_staff.message_list, name="message_list"),
    path("schedules/", views_schedules.schedule_list, name="schedule_list"),
    path("schedules/new/", views_schedules.schedule_edit, name="schedule_new"),
    path("schedules/tomorrow/", views_schedules.schedule_preview, name="schedule_preview"),
    path("schedules/tomorrow/accounts/", views_schedules.schedule_preview_accounts, name="schedule_preview_accounts"),
    path("schedules/<int:schedule_id>/", views_schedules.schedule_detail, name="schedule_detail"),
    path("schedules/<int:schedule_id>/edit/", views_schedules.schedule_edit, name="schedule_edit"),
    path("schedules/<int:schedule_id>/decide/", views_schedules.schedule_decide, name="schedule_decide"),
    path("schedules/<int:schedule_id>/test/", views_schedules.schedule_test, name="schedule_test"),
    path("schedules/<int:schedule_id>/publish/", views_schedules.schedule_publish, name="schedule_publish"),
    path(
        "schedules/<int:schedule_id>/against/<int:other_id>/", views_schedules.schedule_compare, name="schedule_compare"
    ),
    path("sending-limits/", views_sending.sending_limits, name="sending_limits"),
    path("sending-limits/<int:limit_id>/", views_sending.sending_limit_edit, name="sending_limit_edit"),
    path("contact-switches/", views_switches.switch_list, name="contact_switches"),
    path("contact-switches/<int:switch_id>/end/", views_switches.switch_end, name="contact_switch_end"),
]
