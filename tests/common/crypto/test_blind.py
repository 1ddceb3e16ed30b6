import hashlib
import hmac

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from common.crypto import normalise
from common.crypto.blind import blind_index, indexer, name_indexer, token_indexer
from common.crypto.keys import purpose_key, reload_keys
from common.crypto.normalise import name_matches, name_query_tokens, name_tokens
from common.crypto.secret_files import new_key_text

same_keys = hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
names = st.lists(st.text(st.sampled_from("abcdefgé"), min_size=3, max_size=9), min_size=1, max_size=4)


@same_keys
@given(value=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_the_blind_index_is_hmac_sha256_cut_to_16_bytes(value):
    expected = hmac.digest(purpose_key("email"), value.encode(), hashlib.sha256).hex()[:32]
    assert blind_index(value, purpose="email") == indexer("email")(value) == expected


def test_two_purposes_and_two_keys_have_nothing_in_common(secrets_dir):
    first = blind_index("ada@example.com", purpose="email")
    assert first != blind_index("ada@example.com", purpose="phone")
    (secrets_dir / "blind_index_key").write_text(new_key_text())
    reload_keys()
    assert first != blind_index("ada@example.com", purpose="email")


def test_empty_text_has_the_empty_index():
    assert blind_index("", purpose="email") == ""
    assert token_indexer("name_token")([]) == []


def test_tokens_fit_a_signed_bigint_and_are_stable():
    index = token_indexer("name_token")
    tokens = [str(number) for number in range(500)]
    numbers = index(tokens)
    assert numbers == index(tokens) == token_indexer("name_token")(tokens)
    assert len(set(numbers)) == 500
    assert all(-(2**63) <= number < 2**63 for number in numbers)
    assert min(numbers) < 0 < max(numbers)


@pytest.mark.parametrize(("rule", "typed", "kept"), [
    (normalise.normalise_email, "  Ada.L@Example.COM ", "ada.l@example.com"),
    (normalise.normalise_phone, "+886 912-345-678", "886912345678"),
    (normalise.normalise_phone, "＋８６ １３８", "86138"),
    (normalise.phone_last4, "+886 912 345 678", "5678"),
    (normalise.phone_last4, "12", ""),
    (normalise.normalise_name, "  Ａda \u3000 LOVELACE ", "ada lovelace"),
    (normalise.normalise_reference, "ab-12 34", "ab1234"),
    (normalise.normalise_contact, " Ada@Example.com", "ada@example.com"),
    (normalise.normalise_contact, "+886 912 345 678", "886912345678"),
    (normalise.normalise_contact, "12  Long Street", "12 long street"),
])  # fmt: skip
def test_values_are_indexed_in_one_spelling(rule, typed, kept):
    assert rule(typed) == kept
    assert rule(kept) == kept


@given(words=names, size=st.integers(3, 9))
def test_every_word_of_a_name_is_found_by_any_prefix_of_three_letters_or_more(words, size):
    name = " ".join(words)
    for word in words:
        assert set(name_query_tokens(word[:size])) <= set(name_tokens(name))
        assert name_matches(word[:size], name)


def test_chinese_names_are_found_by_family_name_given_name_or_whole():
    tokens = set(name_tokens("歐陽小明"))
    assert all(set(name_query_tokens(typed)) <= tokens for typed in ("歐", "歐陽", "歐陽小明", "陽小明"))
    assert set(name_query_tokens("小明")) <= set(name_tokens("王小明"))
    assert name_matches("小明", "王小明")
    assert not name_matches("明", "王小明")


@same_keys
@given(name=st.one_of(st.text(max_size=60), names.map(" ".join)))
def test_the_bulk_name_indexer_agrees_with_the_tokens_of_the_name(name):
    index = name_indexer()
    assert index(name) == index(name) == token_indexer("name_token")(name_tokens(name))


@given(name=st.text(max_size=400))
def test_no_name_has_more_than_24_tokens(name):
    tokens = name_tokens(name)
    assert len(tokens) == len(set(tokens)) <= 24
