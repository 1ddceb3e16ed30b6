from rest_framework.routers import SimpleRouter

from payments import api

router = SimpleRouter()
router.register("payment-links", api.PaymentLinkViewSet)
router.register("payments", api.PaymentViewSet)

urlpatterns = router.urls
