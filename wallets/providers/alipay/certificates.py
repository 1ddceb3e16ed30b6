"""Certificate mode: serial numbers in every request, and Alipay's own key out of its certificate."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from wallets.providers.errors import ConfigError

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_RSA_FAMILY = "1.2.840.113549.1.1."


@dataclass(frozen=True, kw_only=True)
class Certificates:
    request_fields: Mapping[str, str]
    alipay_sn: str
    alipay_public_key: bytes


def read_certificates(*, application: bytes, alipay: bytes, roots: bytes) -> Certificates:
    """Raises `ConfigError` unless Alipay's certificate was issued by one of its roots."""
    try:
        serials = {"app_cert_sn": certificate_sn(application), "alipay_root_cert_sn": root_certificate_sn(roots)}
        # The file holds Alipay's certificate first and the authority it was issued by after it.
        chain = [x509.load_pem_x509_certificate(pem) for pem in _PEM.findall(alipay)]
        issuers = [*chain[1:], *_readable(roots)]
        own = chain[0]
    except (ValueError, IndexError) as error:
        raise ConfigError("Alipay: a certificate file could not be read.") from error
    if not (_issued(own, issuers) and all(_issued(one, issuers) for one in chain[1:])):
        raise ConfigError("Alipay: Alipay's certificate was not issued by the authority in the root file.")
    public = own.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Certificates(request_fields=serials, alipay_sn=_sn(own), alipay_public_key=public)


def _issued(certificate: x509.Certificate, issuers: list[x509.Certificate]) -> bool:
    return any(_issued_by(certificate, issuer) for issuer in issuers if issuer != certificate)


def _issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def certificate_sn(pem: bytes) -> str:
    return _sn(x509.load_pem_x509_certificate(pem))


def root_certificate_sn(bundle: bytes) -> str:
    """The bundle also holds an SM2 certificate, which takes no part and may not even be readable."""
    return "_".join(_sn(certificate) for certificate in _readable(bundle))


def _readable(bundle: bytes) -> list[x509.Certificate]:
    """The RSA certificates of a bundle."""
    return [found for pem in _PEM.findall(bundle) if (found := _rsa(pem)) is not None]


def _rsa(pem: bytes) -> x509.Certificate | None:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        rsa = certificate.signature_algorithm_oid.dotted_string.startswith(_RSA_FAMILY)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return certificate if rsa else None


def _sn(certificate: x509.Certificate) -> str:
    text = certificate.issuer.rfc4514_string() + str(certificate.serial_number)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
