"""The two ways an outbound call fails to bring an answer; telling them apart is what prevents a second debit."""

from common.errors import PlatformError


class NotSent(PlatformError):
    """Provably not received: no byte of the request left us. Repeating it is safe."""

    code = "not_sent"
    status = 503


class OutcomeUnknown(PlatformError):
    """Bytes may have left and no usable answer came back: look the outcome up, or repeat with the same reference."""

    code = "outcome_unknown"
    status = 503
