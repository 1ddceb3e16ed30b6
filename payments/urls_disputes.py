from django.urls import path

from payments import views_staff_disputes as views

urlpatterns = [
    path("accounts-of/<str:reference>/dispute/", views.dispute_new, name="dispute_new"),
    path("disputes/", views.dispute_list, name="dispute_list"),
    path("disputes/<uuid:dispute_id>/", views.dispute_page, name="dispute_page"),
    path("disputes/<uuid:dispute_id>/take/", views.dispute_take, name="dispute_take"),
    path("disputes/<uuid:dispute_id>/ask/", views.dispute_ask, name="dispute_ask"),
    path("disputes/<uuid:dispute_id>/words/", views.dispute_words, name="dispute_words"),
    path("disputes/<uuid:dispute_id>/withdrawn/", views.dispute_withdrawn, name="dispute_withdrawn"),
    path("disputes/<uuid:dispute_id>/papers/<uuid:evidence_id>/", views.dispute_paper, name="dispute_paper"),
]
