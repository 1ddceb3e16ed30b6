from django.urls import include, path

from collections_platform.urls import urlpatterns as ours

urlpatterns = [path("webhooks/mail/", include("anymail.urls")), *ours]
