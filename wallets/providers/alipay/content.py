"""Optional content encryption: AES-CBC with a zero IV and PKCS#7, base64; the signature covers the encrypted text.

Source: Alipay open platform, interface content encryption.
"""

import base64
import binascii

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from wallets.providers.errors import ConfigError

BLOCK = 16
_ZERO_IV = bytes(BLOCK)


class ContentKey:
    """The AES key of the application, as the open platform shows it (base64)."""

    def __init__(self, key: bytes) -> None:
        try:
            self._cipher = Cipher(algorithms.AES(base64.b64decode(key.strip(), validate=True)), modes.CBC(_ZERO_IV))
        except ValueError as error:
            raise ConfigError("Alipay: the content key must be a base64 AES key.") from error

    def encrypt(self, text: str) -> str:
        padder = padding.PKCS7(BLOCK * 8).padder()
        padded = padder.update(text.encode()) + padder.finalize()
        encryptor = self._cipher.encryptor()
        return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()

    def decrypt(self, text: str) -> str:
        """Raises `ValueError` for anything that was not encrypted with this key."""
        try:
            decryptor = self._cipher.decryptor()
            padded = decryptor.update(base64.b64decode(text, validate=True)) + decryptor.finalize()
        except binascii.Error as error:
            raise ValueError("the content is not base64") from error
        unpadder = padding.PKCS7(BLOCK * 8).unpadder()
        return (unpadder.update(padded) + unpadder.finalize()).decode()
