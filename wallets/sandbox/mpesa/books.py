"""The short code's books: confirmations of money that came in, the pull of the last 48 hours, and reversals."""

from base64 import b64decode
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from wallets.sandbox.mpesa.merchant import INITIATOR
from wallets.sandbox.mpesa.world import EAST_AFRICA, Fault, World, masked
from wallets.sandbox.store import Document

REACH = timedelta(hours=48, minutes=10)
PAGE = 100


def register(world: World, content: Document) -> Document:
    if str(content.get("ShortCode")) != world.short_code or not content.get("ConfirmationURL"):
        raise Fault(400, "400.003.02", "Bad Request - Invalid ShortCode")
    world.store.put("mpesa.address", "c2b", {"url": str(content["ConfirmationURL"])})
    return {"OriginatorCoversationID": world.serial(), "ResponseCode": "0", "ResponseDescription": "Success"}


def confirm(world: World, debit: Document) -> None:
    """Tell the registered address, if there is one, that money came in."""
    address = world.store.get("mpesa.address", "c2b")
    if not address:
        return
    body = {
        "TransactionType": debit["kind"],
        "TransID": debit["receipt"],
        "TransTime": world.compact(),
        "TransAmount": f"{debit['amount']}.00",
        "BusinessShortCode": world.short_code,
        "BillRefNumber": debit["reference"],
        "InvoiceNumber": "",
        "OrgAccountBalance": "",
        "ThirdPartyTransID": "",
        "MSISDN": masked(debit["msisdn"]),
        "FirstName": "JUMA",
    }
    world.tell(address["url"], body, "c2b")


def pull(world: World, content: Document) -> Document:
    opens, closes = _moment(content.get("StartDate")), _moment(content.get("EndDate"))
    if str(content.get("ShortCode")) != world.short_code or opens < world.clock.now() - REACH:
        raise Fault(400, "400.002.02", "Bad Request - Invalid StartDate")
    offset = int(str(content.get("OffSetValue") or 0))
    found = [one for one in world.store.all("mpesa.debit") if opens <= _at(one) <= closes]
    rows = [_row(one) for one in found[offset : offset + PAGE]]
    good = {"ResponseRefID": world.serial(), "ResponseCode": "1000", "ResponseMessage": "Success"}
    return {**good, "Response": [rows]} if rows else {**good, "ResponseCode": "1001", "Response": [[]]}


def reverse(world: World, content: Document, *, settle: bool) -> Document:
    """Accepted at once, answered later; `settle=False` leaves it at the acceptance."""
    _check_initiator(world, content)
    if content.get("RecieverIdentifierType") != "11" or content.get("ReceiverParty") != world.short_code:
        raise Fault(400, "400.002.02", "Bad Request - Invalid ReceiverParty")
    names = {"OriginatorConversationID": world.serial(), "ConversationID": f"AG_{world.compact()}_{world.serial()}"}
    asked = {**content, "names": names}
    world.store.put("mpesa.asked_reversal", str(content.get("Occasion", "")), asked)
    if settle:
        settle_reversal(world, asked)
    return {**names, "ResponseCode": "0", "ResponseDescription": "Accept the service request successfully."}


def settle_reversal(world: World, content: Document, *, succeeds: bool = True) -> None:
    debit = world.store.get("mpesa.debit", str(content.get("TransactionID", "")))
    code: int | str = "R000002" if debit is None or not succeeds else "R000001" if debit["reversed"] else 0
    if debit is not None and code == 0 and str(content.get("Amount")) != str(debit["amount"]):
        code = 21
    if debit is not None and code == 0:
        phone = world.phone(debit["msisdn"])
        world.store.put("mpesa.phone", debit["msisdn"], {**phone, "balance": phone["balance"] + debit["amount"]})
        world.store.put("mpesa.debit", debit["receipt"], {**debit, "reversed": True})
        world.store.put("mpesa.reversal", debit["receipt"], {"receipt": debit["receipt"], "amount": debit["amount"]})
    result: dict[str, Any] = {"ResultType": 0, "ResultCode": code, "ResultDesc": "", "TransactionID": world.receipt()}
    world.tell(str(content.get("ResultURL", "")), {"Result": {**result, **content["names"]}}, "reversal")


def _check_initiator(world: World, content: Document) -> None:
    key: Any = load_pem_private_key((world.secrets_dir / "wallets/mpesa/safaricom_private.pem").read_bytes(), None)
    try:
        told = key.decrypt(b64decode(str(content.get("SecurityCredential", "")), validate=True), PKCS1v15())
    except ValueError:
        told = b""
    if content.get("Initiator") != INITIATOR or told.decode("ascii", "replace") != world.secret("initiator_password"):
        raise Fault(401, "401.003.01", "The initiator information is invalid")


def _row(debit: Document) -> Document:
    return {
        "transactionId": debit["receipt"],
        "trxDate": _at(debit).astimezone(EAST_AFRICA).isoformat(timespec="seconds"),
        "msisdn": masked(debit["msisdn"]),
        "sender": "MPESA",
        "transactiontype": "c2b-pay-bill-debit",
        "billreference": debit["reference"],
        "amount": f"{debit['amount']}.00",
        "organizationname": "Sandbox",
    }


def _at(debit: Document) -> datetime:
    return datetime.fromisoformat(debit["at"])


def _moment(text: object) -> datetime:
    try:
        return datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S").replace(tzinfo=EAST_AFRICA)
    except ValueError as error:
        raise Fault(400, "400.002.02", "Bad Request - Invalid date") from error
