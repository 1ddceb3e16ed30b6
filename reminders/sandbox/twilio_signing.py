"""Twilio's request signature, written from its documentation for the simulator alone."""

import base64
import hashlib
import hmac
from collections.abc import Mapping


def sign(url: str, fields: Mapping[str, str], *, auth_token: str) -> str:
    """base64(HMAC-SHA1(token, address without fragment, then each field's name and value in order of names))."""
    address = url.split("#", 1)[0]
    text = address + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()).decode()
