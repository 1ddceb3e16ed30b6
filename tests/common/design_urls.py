"""A few addresses, so that the frame's tests need no app."""

from django.http import HttpResponse
from django.urls import include, path


def page(request):
    return HttpResponse()


urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("queue/", page, name="queue"),
    path("queue/mine/", page, name="queue_mine"),
    path("set-up/", page, name="set_up"),
]
