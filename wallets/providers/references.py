"""Our own references in a provider's alphabet and length."""

import hashlib

from wallets.providers.messages import Descriptor

DIGEST_LENGTH = 20


def reference(attempt_id: str, descriptor: Descriptor) -> str:
    """Legal for this provider, the same every time, and different for different attempts: a digest in its alphabet."""
    alphabet = descriptor.reference_alphabet
    number = int.from_bytes(hashlib.sha256(attempt_id.encode()).digest(), "big")
    marks: list[str] = []
    while len(marks) < min(descriptor.reference_max_length, max(DIGEST_LENGTH, descriptor.reference_min_length)):
        number, rest = divmod(number, len(alphabet))
        marks.append(alphabet[rest])
    return "".join(marks)
