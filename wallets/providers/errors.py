"""Exceptions of the provider contract. A decline is a value; these mean there is no usable answer."""

from common.errors import PlatformError
from common.http import NotSent, OutcomeUnknown

__all__ = ["ConfigError", "InvalidWebhook", "NotSent", "OutcomeUnknown", "RateLimited", "Unsupported"]


class RateLimited(PlatformError):
    """Refused unread by the rate limit; the same reference may be repeated after `retry_after` seconds."""

    code = "wallet_rate_limited"
    status = 503

    def __init__(self, message: str, *, retry_after: int = 60) -> None:
        super().__init__(message, retry_after=retry_after)
        self.retry_after = retry_after


class ConfigError(PlatformError):
    """Settings or secrets of the provider are missing or unusable. The message names the setting, never its value."""

    code = "wallet_config"
    status = 503


class InvalidWebhook(PlatformError):
    """Not from the provider, or not about our merchant account: record it, count it, change nothing."""

    code = "wallet_invalid_webhook"


class Unsupported(PlatformError):
    """The provider cannot do this; its descriptor says so too."""

    code = "wallet_unsupported"
