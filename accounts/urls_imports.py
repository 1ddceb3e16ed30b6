from django.urls import path

from accounts import views_imports as views

urlpatterns = [
    path("", views.import_list, name="import_list"),
    path("new/", views.import_upload, name="import_upload"),
    path("<uuid:job_id>/columns/", views.import_map, name="import_map"),
    path("<uuid:job_id>/check/", views.import_check, name="import_check"),
    path("<uuid:job_id>/start/", views.import_start, name="import_start"),
    path("<uuid:job_id>/cancel/", views.import_cancel, name="import_cancel"),
    path("<uuid:job_id>/", views.import_progress, name="import_progress"),
    path("<uuid:job_id>/errors.csv", views.import_errors, name="import_errors"),
]
