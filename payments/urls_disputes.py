from django.urls import path

from payments import views_staff_disputes as views
from payments import views_staff_validation as validation

urlpatterns = [
    path("accounts-of/<str:reference>/dispute/", views.dispute_new, name="dispute_new"),
    path("accounts-of/<str:reference>/validation/", validation.validation_page, name="validation_page"),
    path(
        "accounts-of/<str:reference>/validation/<int:notice_id>/<slug:language>/",
        validation.validation_file,
        name="validation_file",
    ),
    path("disputes/", views.dispute_list, name="dispute_list"),
    path("disputes/<uuid:dispute_id>/", views.dispute_page, name="dispute_page"),
    path("disputes/<uuid:dispute_id>/take/", views.dispute_take, name="dispute_take"),
    path("disputes/<uuid:dispute_id>/ask/", views.dispute_ask, name="dispute_ask"),
    path("disputes/<uuid:dispute_id>/words/", views.dispute_words, name="dispute_words"),
    path("disputes/<uuid:dispute_id>/withdrawn/", views.dispute_withdrawn, name="dispute_withdrawn"),
    path("disputes/<uuid:dispute_id>/letter/", views.dispute_letter, name="dispute_letter"),
    path("disputes/<uuid:dispute_id>/papers/<uuid:evidence_id>/", views.dispute_paper, name="dispute_paper"),
]
