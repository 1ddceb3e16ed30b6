from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from common.ids import public_reference, row_id_of, uuid7

IDS = st.integers(min_value=1, max_value=2**40 - 1)


@given(IDS)
def test_a_reference_leads_back_to_its_row(row_id):
    assert row_id_of(public_reference("ACC", row_id)) == row_id


@given(IDS, IDS)
def test_two_rows_never_share_a_reference(one, other):
    assert (public_reference("ACC", one) == public_reference("ACC", other)) == (one == other)


def test_neighbours_do_not_look_like_neighbours():
    references = [public_reference("ACC", row_id) for row_id in range(1, 200)]
    assert sorted(references) != references
    assert len({reference[4:7] for reference in references}) > 50


def test_what_is_not_a_reference_leads_nowhere():
    assert [row_id_of(text) for text in ("", "ACC-", "ACC-0000000O", "hello", "ACC-22")] == [None] * 5


def test_uuids_sort_by_the_time_they_were_made():
    made = [uuid7() for _ in range(50)]
    assert all(each.version == 7 for each in made)
    assert [each.int >> 80 for each in made] == sorted(each.int >> 80 for each in made)
