"""Serial numbers that Alipay's certificate mode wants in every request."""

import hashlib
import re

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_RSA_FAMILY = "1.2.840.113549.1.1."


def certificate_sn(pem: bytes) -> str:
    return _sn(x509.load_pem_x509_certificate(pem))


def root_certificate_sn(bundle: bytes) -> str:
    """The bundle also holds an SM2 certificate, which takes no part and may not even be readable."""
    return "_".join(filter(None, (_rsa_sn(pem) for pem in _PEM.findall(bundle))))


def _rsa_sn(pem: bytes) -> str:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        rsa = certificate.signature_algorithm_oid.dotted_string.startswith(_RSA_FAMILY)
    except (ValueError, UnsupportedAlgorithm):
        return ""
    return _sn(certificate) if rsa else ""


def _sn(certificate: x509.Certificate) -> str:
    text = certificate.issuer.rfc4514_string() + str(certificate.serial_number)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
