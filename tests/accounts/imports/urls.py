from django.urls import include, path

from collections_platform.urls import urlpatterns as platform

urlpatterns = [path("imports/", include("accounts.urls_imports")), *platform]
