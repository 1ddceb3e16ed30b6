import os
import threading

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from common.crypto import cipher
from common.crypto.cipher import context_of, key_id_of, open_sealed, seal, sealer
from common.crypto.errors import CryptoError, NotSealed, SealBroken, UnknownKey
from common.crypto.keys import keyring
from common.errors import PlatformError

HERE = "accounts_debtor.name.1"
same_keys = hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@same_keys
@given(text=st.text(st.characters(exclude_categories=["Cs"])), row=st.uuids())
def test_any_text_comes_back_from_its_own_place(text, row):
    assert open_sealed(seal(text, context=context_of("t", "c", row)), context=f"t.c.{row}") == text
    assert (
        sealer("t", "c")(text, row) == ""
        if not text
        else open_sealed(sealer("t", "c")(text, row), context=f"t.c.{row}")
    )


@same_keys
@given(data=st.data())
def test_no_altered_character_goes_unnoticed(data):
    sealed = seal("Zachary!", context=HERE)  # no spare bits in its base64
    position = data.draw(st.integers(0, len(sealed) - 1))
    letter = data.draw(st.sampled_from("ABCabc019+/:= "))
    altered = sealed[:position] + letter + sealed[position + 1 :]
    if altered == sealed:
        return
    with pytest.raises(CryptoError):
        open_sealed(altered, context=HERE)


@pytest.mark.parametrize("place", ["accounts_debtor.name.2", "accounts_debtor.email.1", "other.name.1", ""])
def test_a_value_opens_nowhere_else(place):
    with pytest.raises(SealBroken):
        open_sealed(seal("Zacharias", context=HERE), context=place)


def test_a_value_under_a_key_not_held_names_that_key():
    sealed = seal("Zacharias", context=HERE)
    with pytest.raises(UnknownKey) as refusal:
        open_sealed("kzzzzz" + sealed[6:], context=HERE)
    assert refusal.value.details == {"key": "kzzzzz"}
    assert isinstance(refusal.value, PlatformError)


@pytest.mark.parametrize("text", ["", "Zacharias", ":", "k1:", "k1:%%%%", "k1:AAAA"])
def test_text_that_is_not_sealed_is_refused(text):
    with pytest.raises(NotSealed):
        open_sealed(text, context=HERE)


def test_equal_values_look_different_and_carry_the_active_key():
    values = {seal("Zacharias", context=HERE) for _ in range(50)}
    assert len(values) == 50
    assert {key_id_of(value) for value in values} == {keyring().active_id}


def test_no_nonce_is_used_twice_across_threads():
    used: list[str] = []

    def work():
        write = sealer("t", "c")
        used.extend(write("x", row)[7:23] for row in range(5000))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(used)) == len(used) == 20_000


def test_a_forked_worker_never_uses_a_nonce_of_its_parent():
    seal("x", context=HERE)
    assert cipher._nonces
    stock = set(cipher._nonces)
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write_end, b"".join(cipher._nonce() for _ in range(100)))
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(read_end, 1200)
    os.close(read_end)
    os.close(write_end)
    assert len(theirs) == 1200
    assert stock.isdisjoint(theirs[start : start + 12] for start in range(0, 1200, 12))
