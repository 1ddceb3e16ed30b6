from django.urls import path

from payments import views_staff_decisions as decisions
from payments import views_staff_refunds as refunds
from payments import views_staff_surplus as surplus

urlpatterns = [
    path("payments/<str:reference>/", refunds.payment_page, name="payment_page"),
    path("payments/<str:reference>/ask/", decisions.payment_ask, name="payment_ask"),
    path("payments/<str:reference>/decide/<str:step>/", decisions.payment_decide, name="payment_decide"),
    path("payments/<str:reference>/refund/", refunds.refund_new, name="refund_new"),
    path("refunds/", refunds.refund_list, name="refund_list"),
    path("refunds/<str:reference>/", refunds.refund_page, name="refund_page"),
    path("refunds/<str:reference>/approve/", refunds.refund_approve, name="refund_approve"),
    path("refunds/<str:reference>/transfer/", refunds.refund_transfer, name="refund_transfer"),
    path("refunds/<str:reference>/do/<str:action>/", refunds.refund_act, name="refund_act"),
    path("surpluses/", surplus.surplus_list, name="surplus_list"),
    path("surpluses/<str:reference>/", surplus.surplus_page, name="surplus_page"),
    path("surpluses/<str:reference>/decide/", surplus.surplus_decide, name="surplus_decide"),
]
