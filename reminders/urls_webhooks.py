from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from reminders import views_public
from reminders import views_webhooks as views

urlpatterns: list[URLPattern | URLResolver] = [
    path("webhooks/sms/status/", views.sms_status, name="reminders_sms_status"),
    path("webhooks/sms/inbound/", views.sms_inbound, name="reminders_sms_inbound"),
    path("push-worker.js", views.push_worker, name="reminders_push_worker"),
    path("real/", views_public.real, name="reminders_real"),
    path("stop/<str:token>/", views.opt_out, name="reminders_opt_out"),
]

# Without the secret anyone could report a bounce, so there is no door then.
if settings.ANYMAIL.get("WEBHOOK_SECRET"):
    urlpatterns.append(path("webhooks/mail/", include("anymail.urls")))
