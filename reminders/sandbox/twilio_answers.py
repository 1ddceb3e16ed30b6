"""How Twilio words its answers: message resources, errors, dates; and the numbers that make it fail on purpose."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from reminders.sandbox.store import Row
from reminders.sandbox.web import Response, json_response

API = "/2010-04-01/Accounts"

MESSAGE_OF_CODE: Mapping[str, str] = {
    "20003": "Authenticate",
    "20404": "The requested resource was not found",
    "20429": "Too Many Requests",
    "21211": "The 'To' number is not a valid phone number.",
    "21212": "The 'From' number is not a valid phone number, shortcode, or alphanumeric sender ID.",
    "21408": "Permission to send an SMS has not been enabled for the region indicated by the 'To' number.",
    "21602": "Message body is required.",
    "21603": "A 'From' phone number is required.",
    "21604": "A 'To' phone number is required.",
    "21606": "The 'From' phone number provided is not a valid message-capable Twilio phone number.",
    "21609": "The 'StatusCallback' URL is not a valid URL.",
    "21610": "Attempt to send to unsubscribed recipient",
    "21611": "This 'From' number has exceeded the maximum allowed queue size.",
    "21612": "The 'To' phone number is not currently reachable using the 'From' phone number via SMS.",
    "21614": "'To' number is not a valid mobile number",
    "21910": "Invalid 'From' and 'To' pair. 'From' and 'To' should be of the same channel",
    "21617": "The concatenated message body exceeds the 1600 character limit",
}
CODE_OF_MAGIC_TO: Mapping[str, str] = {
    "+15005550001": "21211",
    "+15005550002": "21612",
    "+15005550003": "21408",
    "+15005550004": "21610",
    "+15005550009": "21614",
}
CODE_OF_MAGIC_FROM: Mapping[str, str] = {
    "+15005550001": "21212",
    "+15005550007": "21606",
    "+15005550008": "21611",
}
# A number ending in one of these is accepted and then fails with it.
LATER_FAILURES = (
    *("30001", "30002", "30003", "30004", "30005", "30006", "30007", "30008", "30034", "30410", "30450"),
    *("63003", "63016", "63033"),
)
HTTP_STATUS: Mapping[str, int] = {"20003": 401, "20404": 404, "20429": 429}


def failure_of_number(number: str) -> str:
    return next((code for code in LATER_FAILURES if number.endswith(code)), "")


def error(code: str, *, retry_after: int | None = None) -> Response:
    status = HTTP_STATUS.get(code, 400)
    body = {
        "code": int(code),
        "message": MESSAGE_OF_CODE.get(code, "The request was refused."),
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
    return json_response(body, status=status, headers=headers)


def resource(row: Row, *, account_sid: str) -> dict[str, Any]:
    inbound = row["direction"] == "inbound"
    return {
        "account_sid": account_sid,
        "api_version": "2010-04-01",
        "body": row["text"],
        "date_created": _rfc2822(row["created_at"]),
        "date_sent": _rfc2822(row["sent_at"]) if row["sent_at"] else None,
        "date_updated": _rfc2822(row["sent_at"] or row["created_at"]),
        "direction": "inbound" if inbound else "outbound-api",
        "error_code": int(row["error_code"]) if row["error_code"] else None,
        "error_message": None,
        "from": row["sender"],
        "messaging_service_sid": row["service_sid"] or None,
        "num_media": "0",
        "num_segments": str(row["segments"]),
        "price": None,
        "price_unit": "USD",
        "sid": row["ref"],
        "status": row["status"],
        "subresource_uris": {"media": f"{API}/{account_sid}/Messages/{row['ref']}/Media.json"},
        "to": row["recipient"],
        "uri": f"{API}/{account_sid}/Messages/{row['ref']}.json",
    }


def _rfc2822(iso: str) -> str:
    return format_datetime(datetime.fromisoformat(iso))
