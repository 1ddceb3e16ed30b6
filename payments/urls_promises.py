from django.urls import path

from payments import views_staff_promise_limits as limits
from payments import views_staff_promises as views

urlpatterns = [
    path("accounts-of/<str:reference>/promise/", views.account_promise, name="account_promise"),
    path("promise-limits/", limits.promise_limits, name="promise_limits"),
    path("promises/", views.promise_list, name="promise_list"),
    path("promises/<str:reference>/withdraw/", views.promise_withdraw, name="promise_withdraw"),
]
