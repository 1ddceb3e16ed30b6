from rest_framework.routers import SimpleRouter

from accounts import api, api_imports

router = SimpleRouter()
router.register("creditors", api.CreditorViewSet)
router.register("debtors", api.DebtorViewSet)
router.register("accounts", api.AccountViewSet)
router.register("imports", api_imports.ImportViewSet)
router.register("webhook-endpoints", api.WebhookEndpointViewSet)
router.register("webhook-deliveries", api.WebhookDeliveryViewSet)

urlpatterns = router.urls
