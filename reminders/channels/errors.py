"""What goes wrong with channels in a way a person has to see."""

from common.errors import Conflict, Forbidden, InvalidInput, NotFound


class InvalidCallback(Forbidden):
    """A call that is not provably the provider's: nothing in it may be believed or stored as fact."""

    code = "invalid_callback"


class UnknownChannel(NotFound):
    code = "unknown_channel"


class ChannelNotConfigured(Conflict):
    code = "channel_not_configured"


class UnsafeHeader(InvalidInput):
    """A header name or value that would smuggle in further headers or recipients."""

    code = "unsafe_header"
