"""The flat XML of APIv2. Entities, document types and anything nested are refused."""

from collections.abc import Mapping
from xml.sax.saxutils import escape

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

MOST_FIELDS = 100


def write(fields: Mapping[str, str]) -> bytes:
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
    return f"<xml>{inner}</xml>".encode()


def read(body: bytes) -> dict[str, str]:
    """Field names and texts; raises `ValueError` for anything but one flat document."""
    try:
        root = fromstring(body, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except (ParseError, DefusedXmlException, LookupError, ValueError) as error:
        raise ValueError("not a plain XML document") from error
    if root.tag != "xml" or len(root) > MOST_FIELDS or any(len(element) for element in root):
        raise ValueError("not a flat list of fields")
    fields = {element.tag: element.text or "" for element in root}
    if len(fields) != len(root):
        raise ValueError("a field is repeated")
    return fields
