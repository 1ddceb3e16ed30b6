"""Addresses of hard times: behind a payment link, and at the desk."""

from django.urls import path

from reminders.hardship import views_debtor, views_staff

debtor = [
    path("<str:token>/hardship/", views_debtor.hardship, name="debtor_hardship"),
    path("<str:token>/hardship/choose/", views_debtor.hardship_choose, name="debtor_hardship_choose"),
    path("<str:token>/hardship/delete/", views_debtor.hardship_forget, name="debtor_hardship_forget"),
]
staff = [
    path("accounts-of/<str:reference>/hardship/", views_staff.hardship_new, name="hardship_new"),
    path("hardship/", views_staff.hardship_list, name="hardship_list"),
    path("hardship/<uuid:case_id>/", views_staff.hardship_page, name="hardship_page"),
    path("hardship/<uuid:case_id>/reveal/", views_staff.hardship_reveal, name="hardship_reveal"),
    path("hardship/<uuid:case_id>/take/", views_staff.hardship_take, name="hardship_take"),
    path("hardship/<uuid:case_id>/wish/", views_staff.hardship_wish, name="hardship_wish"),
]
