"""Giving a payment back (Reversal): asked with the receipt, answered later at an address of its own.

Safaricom reverses a transaction once and as a whole; a second request is refused there, and is not sent from here.
"""

from base64 import b64encode
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from common.http import NotSent, Operation
from common.money import Money
from wallets.providers.errors import ConfigError, RateLimited
from wallets.providers.messages import DeclineInfo, RefundRequest, RefundResult
from wallets.providers.mpesa import codes
from wallets.providers.mpesa.books import Booked, Books
from wallets.providers.mpesa.daraja import Daraja
from wallets.providers.mpesa.doors import Doors
from wallets.providers.mpesa.turnstile import Turnstile
from wallets.providers.mpesa.wire import HOME_CURRENCY, SHILLING
from wallets.providers.vocabulary import DeclineCategory, Reason, RefundState

REVERSAL = "/mpesa/reversal/v1/request"
REMARKS_LENGTH = 100


def security_credential(password: bytes, certificate: bytes) -> str:
    """The initiator's password, encrypted to Safaricom's certificate (or public key), as base64."""
    try:
        marked = b"BEGIN CERTIFICATE" in certificate
        key = x509.load_pem_x509_certificate(certificate).public_key() if marked else load_pem_public_key(certificate)
    except ValueError as error:
        raise ConfigError("M-Pesa: the file for secret 'certificate' is not a certificate or public key.") from error
    if not isinstance(key, RSAPublicKey):
        raise ConfigError("M-Pesa: the certificate must hold an RSA key.")
    return b64encode(key.encrypt(password.strip(), PKCS1v15())).decode()


@dataclass(frozen=True, kw_only=True)
class Reversals:
    daraja: Daraja
    books: Books
    doors: Doors
    turnstile: Turnstile
    callback_url: str
    initiator: str
    credential: str = field(repr=False)

    def refund(self, request: RefundRequest) -> Operation[RefundResult]:
        booked = yield from self.books.payment(request.merchant_ref)
        if booked is None:
            return _refused(request, "The receipt is out of reach. Reverse the payment on the M-Pesa portal.")
        if booked.amount != request.amount:
            return _refused(request, "M-Pesa gives back whole payments only.")
        if not self.turnstile.take_once(_name(request.merchant_ref), request.refund_ref):
            return self._asked_before(request)
        return (yield from self._ask(request, booked))

    def get_refund(self, refund_ref: str, merchant_ref: str) -> RefundResult:
        """Only the result call tells how it ended; that, and that we asked, is remembered for 48 hours."""
        state, _slash, rest = self.turnstile.prompt_of(_outcome(merchant_ref, refund_ref)).partition("/")
        receipt, _slash, shillings = rest.partition("/")
        asked_now = self.turnstile.prompt_of(_name(merchant_ref)) == refund_ref
        unanswered = RefundState.PENDING if asked_now else RefundState.UNKNOWN
        return RefundResult(
            state=RefundState(state) if state else unanswered,
            refund_ref=refund_ref,
            merchant_ref=merchant_ref,
            provider_ref=receipt,
            amount=Money(int(shillings) * SHILLING, HOME_CURRENCY) if state else None,
        )

    def remember(self, result: RefundResult) -> None:
        """What a result call said. One that moved nothing lets the payment be given back again."""
        if result.amount is None or result.state is RefundState.UNKNOWN:
            return
        said = f"{result.state}/{result.provider_ref}/{result.amount.minor // SHILLING}"
        self.turnstile.remember(_outcome(result.merchant_ref, result.refund_ref), "", said)
        if result.state is RefundState.FAILED:
            self.turnstile.give_back(_name(result.merchant_ref))

    def _asked_before(self, request: RefundRequest) -> RefundResult:
        earlier = self.get_refund(request.refund_ref, request.merchant_ref)
        if earlier.state is RefundState.UNKNOWN:
            return _refused(request, "This payment is being given back already.")
        return earlier

    def _ask(self, request: RefundRequest, booked: Booked) -> Operation[RefundResult]:
        shillings = request.amount.minor // SHILLING
        subject = (request.merchant_ref, request.refund_ref, str(shillings))
        address = self.doors.address(self.callback_url, "reversal", *subject)
        content = {
            "Initiator": self.initiator,
            "SecurityCredential": self.credential,
            "CommandID": "TransactionReversal",
            "TransactionID": booked.receipt,
            "Amount": str(shillings),
            "ReceiverParty": self.daraja.short_code,
            # Daraja's own spelling.
            "RecieverIdentifierType": "11",
            "ResultURL": address,
            "QueueTimeOutURL": address,
            "Remarks": (request.reason or "Refund")[:REMARKS_LENGTH],
            "Occasion": request.refund_ref,
        }
        try:
            answer = yield from self.daraja.call(REVERSAL, content, purpose="mpesa.reversal")
        except (NotSent, RateLimited):
            self.turnstile.give_back(_name(request.merchant_ref))
            raise
        accepted = not answer.code and answer.text("ResponseCode") == codes.PAID
        result = asked(request, None if accepted else answer.decline())
        if result.state is RefundState.FAILED:
            self.turnstile.give_back(_name(request.merchant_ref))
        return result


def asked(request: RefundRequest, decline: DeclineInfo | None) -> RefundResult:
    unknown = decline is not None and decline.category is DeclineCategory.UNKNOWN_OUTCOME
    refused = RefundState.UNKNOWN if unknown else RefundState.FAILED
    return RefundResult(
        state=refused if decline else RefundState.PENDING,
        refund_ref=request.refund_ref,
        merchant_ref=request.merchant_ref,
        amount=request.amount,
        decline=decline,
    )


def _refused(request: RefundRequest, message: str) -> RefundResult:
    reason = DeclineInfo(
        category=DeclineCategory.OPERATOR, reason=Reason.INVALID_REQUEST, code="reversal", message=message
    )
    return asked(request, reason)


def _name(merchant_ref: str) -> str:
    return f"reversal:{merchant_ref}"


def _outcome(merchant_ref: str, refund_ref: str) -> str:
    return f"reversal:{merchant_ref}:{refund_ref}"
