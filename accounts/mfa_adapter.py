"""Second factors at rest: the shared secrets are sealed like personal data."""

from __future__ import annotations

from allauth.mfa.adapter import DefaultMFAAdapter

from common.crypto.cipher import open_sealed, seal

CONTEXT = "mfa_authenticator.data.secret"


class SealedMFAAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return seal(text, context=CONTEXT)

    def decrypt(self, encrypted_text: str) -> str:
        return open_sealed(encrypted_text, context=CONTEXT)
