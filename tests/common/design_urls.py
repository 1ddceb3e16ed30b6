"""A few addresses, so that the frame's tests need no app of ours."""

from django.http import HttpResponse
from django.urls import include, path

from common.views_panels import panel
from common.views_styleguide import styleguide


def page(request):
    return HttpResponse()


urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("styleguide/", styleguide, name="styleguide"),
    path("panels/<slug:page>/<slug:name>/<str:reference>/", panel, name="panel"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("queue/", page, name="queue"),
    path("queue/mine/", page, name="queue_mine"),
    path("set-up/", page, name="set_up"),
]
