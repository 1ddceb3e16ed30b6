from django.urls import path

from payments import views_staff_guard_rails as rails
from payments import views_staff_promise_limits as limits
from payments import views_staff_promises as views

urlpatterns = [
    path("accounts-of/<str:reference>/promise/", views.account_promise, name="account_promise"),
    path("plan-guard-rails/", rails.guard_rails, name="guard_rails"),
    path("plan-guard-rails/<str:reference>/decide/", rails.guard_rail_decide, name="guard_rail_decide"),
    path("promise-limits/", limits.promise_limits, name="promise_limits"),
    path("promises/", views.promise_list, name="promise_list"),
    path("promises/<str:reference>/withdraw/", views.promise_withdraw, name="promise_withdraw"),
]
