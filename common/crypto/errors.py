"""What can go wrong with a sealed value. No message ever carries plaintext, ciphertext or key material."""

from __future__ import annotations

from common.errors import PlatformError


class CryptoError(PlatformError):
    code = "crypto_error"
    status = 500


class KeysUnavailable(CryptoError):
    """A key file is missing, unreadable or wrapped under a key that is not here."""

    code = "keys_unavailable"


class UnknownKey(CryptoError):
    """The value names a data key that the key ring does not hold."""

    code = "unknown_key"


class SealBroken(CryptoError):
    """The value was altered, or it belongs to another row or column."""

    code = "seal_broken"


class NotSealed(CryptoError):
    """The text is not in the sealed form at all."""

    code = "not_sealed"


class SealRefused(CryptoError):
    """A use of an encrypted column that would lose its protection or could never work."""

    code = "seal_refused"
