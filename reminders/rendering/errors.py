"""Why a message could not be rendered."""

from common.errors import InvalidInput, NotFound


class UnusableTemplate(InvalidInput):
    """The text cannot be used as a template; `problems` in the details says where and why."""

    code = "unusable_template"


class MissingFact(InvalidInput):
    """A variable of the text has no value of its kind, so nothing may be sent."""

    code = "missing_fact"


class UnknownText(NotFound):
    code = "unknown_text"
