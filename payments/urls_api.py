from rest_framework.routers import SimpleRouter

from payments import api, api_moves

router = SimpleRouter()
router.register("payment-links", api.PaymentLinkViewSet)
router.register("payments", api.PaymentViewSet)

router.register("recalls", api_moves.RecallViewSet, basename="recall")

urlpatterns = router.urls
