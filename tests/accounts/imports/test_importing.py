from __future__ import annotations

import pytest

from accounts.events import broken_seals, seal_events
from accounts.imports import services
from accounts.imports.selectors import open_error_file
from accounts.models import Account, AccountHistory, Consent, ContactPoint, Debtor, Event, ImportMapping
from common.crypto.blind_fields import blind_query
from common.errors import IllegalTransition
from payments.ledger import Line, post_entry
from payments.ledger.checks import drifted_accounts, unbalanced_entries
from payments.views_debtor.preferences import remember
from tests.accounts.imports.conftest import HEADER, ROW, counts, reasons, row, table

pytestmark = pytest.mark.django_db


def test_a_row_becomes_a_person_an_account_its_history_and_a_posted_placement(imported):
    job = imported(table(ROW))
    account = Account.objects.get(creditor_reference="A-1")
    assert counts(job) == (1, 0, 0, 0)
    assert (account.balance_minor, account.placed_minor, account.currency) == (125_000, 125_000, "TWD")
    assert (account.debtor.name, account.debtor.time_zone, account.debtor.language) == (
        "Wang Fang",
        "Asia/Taipei",
        "zh-hant",
    )
    assert {point.kind: point.value for point in account.debtor.contact_points.all()} == {
        "email": "fang@example.com",
        "phone": "+886912345678",
    }
    assert account.history.billed_minor == [125_000]
    assert list(account.events.values_list("kind", flat=True)) == ["account.placed"]
    assert drifted_accounts() == [] and unbalanced_entries() == []


def test_personal_data_is_sealed_and_found_by_blind_tokens(imported):
    imported(table(ROW))
    sealed = Debtor.objects.values_list("name", flat=True).get()
    assert "Wang" not in sealed and ":" in sealed
    assert Debtor.objects.filter(name_tokens__contains=blind_query("wang")).count() == 1
    point = ContactPoint.objects.get(kind="phone")
    kept = point.value_index
    point.save()
    assert point.value_index == kept


def test_the_same_file_again_changes_nothing(imported):
    content = table(*(row(number) for number in range(1, 8)))
    imported(content)
    before = Event.objects.filter(account__isnull=False).count()
    assert counts(imported(content)) == (0, 0, 7, 0)
    assert Event.objects.filter(account__isnull=False).count() == before
    assert ContactPoint.objects.count() == 7


def test_a_changed_balance_is_adjusted_in_the_ledger_and_never_rewritten(imported):
    imported(table(row(1), row(2)))
    job = imported(table(row(1, balance="1000.00"), row(2)))
    account = Account.objects.get(creditor_reference="A-1")
    assert counts(job) == (0, 1, 1, 0)
    assert (account.balance_minor, account.placed_minor) == (100_000, 125_000)
    entries = account.postings.order_by("id").values_list("entry__kind", "amount_minor")
    assert list(entries) == [("placement", 125_000), ("balance_adjustment", -25_000)]
    assert drifted_accounts() == [] and unbalanced_entries() == []


def pay(account, minor):
    post_entry(
        "payment",
        idempotency_key=f"test:{account.pk}:{minor}",
        creditor_id=account.creditor_id,
        currency=account.currency,
        effective_at=account.created_at,
        lines=[Line("receivable", -minor, account=account, component="principal"), Line("clearing", minor)],
    )


def test_a_file_sent_twice_does_not_undo_a_payment_taken_in_between(imported):
    imported(table(row(1)))
    pay(Account.objects.get(), 50_000)
    assert counts(imported(table(row(1)))) == (0, 0, 1, 0)
    assert Account.objects.get().balance_minor == 75_000


def test_a_new_balance_after_payments_waits_until_someone_says_what_it_includes(imported):
    imported(table(row(1)))
    pay(Account.objects.get(), 50_000)
    changed = table(row(1, balance="1300.00"))
    refused = imported(changed)
    assert refused.rows_bad == 1 and "payments were taken here" in reasons(refused)
    assert Account.objects.get().balance_minor == 75_000
    assert counts(imported(changed, payments_included="no")) == (0, 1, 0, 0)
    assert Account.objects.get().balance_minor == 80_000
    assert drifted_accounts() == []


def test_a_balance_that_already_counts_our_payments_is_taken_as_it_is(imported):
    imported(table(row(1)))
    pay(Account.objects.get(), 50_000)
    imported(table(row(1, balance="700.00")), payments_included="yes")
    assert Account.objects.get().balance_minor == 70_000
    assert drifted_accounts() == []


def test_an_account_brought_to_nothing_is_paid_and_opens_again_when_more_is_owed(imported):
    imported(table(row(1)))
    imported(table(row(1, balance="0.00")))
    assert Account.objects.get().status == "paid"
    imported(table(row(1, balance="10.00")))
    assert Account.objects.get().status == "open"
    assert Event.objects.filter(kind="account.status_changed").count() == 2


def test_contact_points_are_merged_and_an_empty_cell_wipes_nothing(imported):
    imported(table(row(1, email="a@example.com")))
    job = imported(table(row(1, email="A@Example.com;b@example.com", name="")))
    assert counts(job) == (0, 1, 0, 0)
    assert sorted(point.value for point in ContactPoint.objects.all()) == ["a@example.com", "b@example.com"]
    assert Debtor.objects.get().name == "Wang Fang"


def test_a_person_with_two_accounts_is_one_debtor_in_the_words_of_the_first_row(imported):
    content = table(row(1, customer="C-9", name="Wang Fang"), row(2, customer="C-9", name="Fang Wang"))
    imported(content)
    assert Debtor.objects.get().name == "Wang Fang"
    assert Debtor.objects.get().accounts.count() == 2
    assert counts(imported(content)) == (0, 0, 2, 0)


def test_a_corrected_name_reaches_the_person_and_the_search(imported):
    imported(table(row(1)))
    assert counts(imported(table(row(1, name="Wang Fen")))) == (0, 1, 0, 0)
    assert Debtor.objects.get().name == "Wang Fen"
    assert Debtor.objects.filter(name_tokens__contains=blind_query("fen")).exists()


def test_history_grows_by_the_months_of_each_file(imported):
    imported(table(row(1, billed="1250.00", paid="")))
    later = HEADER.replace("2026-09", "2026-11")
    imported(table(row(1, billed="1400.00", paid="5.00"), header=later))
    history = AccountHistory.objects.get()
    assert str(history.newest_month) == "2026-11-01"
    assert history.billed_minor == [140_000, None, 125_000]
    assert history.paid_minor == [500, None, None]
    assert counts(imported(table(row(1, billed="1250.00", paid="")))) == (0, 0, 1, 0)


def test_consent_columns_become_evidence_once(imported):
    header = HEADER + ",Email consent"
    imported(table(row(1) + ",yes", header=header))
    imported(table(row(1) + ",yes", header=header))
    imported(table(row(1) + ",no", header=header))
    assert list(Consent.objects.order_by("id").values_list("channel", "granted")) == [("email", True), ("email", False)]


def test_an_account_cannot_change_hands_or_currency_by_a_file(imported):
    imported(table(row(1), row(2)))
    job = imported(table(row(1, customer="C-77"), row(2, currency="USD")))
    assert job.rows_bad == 2
    assert "another customer reference" in reasons(job) and "another currency" in reasons(job)
    assert Debtor.objects.count() == 2


def test_a_dry_run_counts_and_writes_nothing(opened, imported):
    imported(table(row(1), row(2)))
    content = table(row(1), row(2, balance="99.00"), row(3), row(4, balance="x"))
    job = services.check_import(opened(content))
    assert (job.state, *counts(job)) == ("checked", 1, 1, 1, 1)
    assert "5: Balance: this is not an amount" in reasons(job)
    assert Account.objects.count() == 2 and ContactPoint.objects.count() == 2


def test_the_error_file_holds_the_bad_rows_as_given_and_is_taken_back_when_fixed(imported):
    bad = row(2, balance="12x", phone="+886900000")
    job = imported(table(row(1), bad, row(3)))
    with open_error_file(job) as file:
        text = file.read().decode("utf-8")
    assert text.startswith("\ufeffLine in the file,Why this row was left out,Account No")
    assert "'+886900000" in text and "A-2,C-2,Wang Fang" in text
    again = imported(text.encode())
    assert again.rows_bad == 1 and Account.objects.count() == 2
    fixed = imported(text.replace("12x", "12.00").replace("'+886900000", "'+886912345678").encode())
    assert counts(fixed) == (1, 0, 0, 0)
    assert ContactPoint.objects.get(kind="phone").value == "+886912345678"


def test_a_mapping_is_remembered_for_the_creditors_next_file(opened, imported):
    header = HEADER.replace("Balance", "What they owe")
    failed = imported(table(ROW, header=header))
    assert failed.state == "failed" and "What they owe" in failed.failure
    assert imported(table(ROW, header=header), columns={"balance": "What they owe"}).state == "finished"
    assert ImportMapping.objects.count() == 1
    assert services.propose_mapping(opened(table(ROW, header=header))).columns["balance"] == "What they owe"


def test_the_file_is_encrypted_while_kept_and_gone_afterwards(opened, stored):
    job = opened(table(ROW))
    path = stored / job.stored_path
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"Wang" not in path.read_bytes()
    services.check_import(job)
    services.start_import(job, enqueue=False)
    services.run_import(job.pk, workers=0)
    assert not path.exists()


def test_a_started_import_cannot_be_mapped_or_dropped(opened):
    job = services.check_import(opened(table(ROW)))
    services.start_import(job, enqueue=False)
    with pytest.raises(IllegalTransition):
        services.set_mapping(job, columns={})
    services.run_import(job.pk, workers=0)
    with pytest.raises(IllegalTransition):
        services.cancel_import(job)


def test_the_events_of_an_import_can_be_sealed_and_verified(imported):
    imported(table(*(row(number) for number in range(1, 5))))
    seal_events()
    assert list(broken_seals()) == []


def test_the_real_placement_comes_in_whole_and_twice_is_once(shared, imported):
    content = (shared / "data" / "placement_cards_2005.csv").read_bytes()
    assert counts(imported(content)) == (3448, 0, 0, 0)
    assert counts(imported(content)) == (0, 0, 3448, 0)
    account = Account.objects.get(creditor_reference="TWC-000014")
    assert account.history.billed_minor[:2] == [6_580_200, 6_736_900]
    assert drifted_accounts() == [] and unbalanced_entries() == []


SPARE = "Account No,Name,Currency,Balance,Due Date,Language,Time zone"


def test_what_no_cell_says_never_changes_a_person_who_is_known(imported):
    imported(table("A-1,Wang Fang,TWD,100.00,2026-07-28,en,Asia/Tokyo", header=SPARE))
    imported(table("A-1,Wang Fang,TWD,120.00,2026-07-28", header="Account No,Name,Currency,Balance,Due Date"))
    person = Debtor.objects.get()
    assert (person.language, person.time_zone) == ("en", "Asia/Tokyo")


def test_a_cell_corrects_what_was_only_assumed(imported):
    imported(table("A-1,Wang Fang,TWD,100.00,2026-07-28", header="Account No,Name,Currency,Balance,Due Date"))
    assert Debtor.objects.get().language == "zh-hant"
    imported(table("A-1,Wang Fang,TWD,100.00,2026-07-28,en,", header=SPARE))
    assert Debtor.objects.get().language == "en"


GROUPED = "Account No,Name,Currency,Balance,Due Date,Segment"


def test_a_segment_is_kept_until_a_file_names_another(imported):
    imported(table("A-1,Wang Fang,TWD,100.00,2026-07-28,Returned Mail", header=GROUPED))
    assert Account.objects.get().segment == "returned_mail"
    silent = imported(table("A-1,Wang Fang,TWD,100.00,2026-07-28,", header=GROUPED))
    assert (counts(silent), Account.objects.get().segment) == ((0, 0, 1, 0), "returned_mail")
    spoken = imported(table("A-1,Wang Fang,TWD,100.00,2026-07-28,Early", header=GROUPED))
    assert (counts(spoken), Account.objects.get().segment) == ((0, 1, 0, 0), "early")


def test_a_language_the_person_chose_outranks_the_file(imported):
    imported(table("A-1,Wang Fang,TWD,100.00,2026-07-28,zh-hant,", header=SPARE))
    remember(Debtor.objects.get(), language="en")
    imported(table("A-1,Wang Fang,TWD,100.00,2026-07-28,zh-hant,", header=SPARE))
    assert Debtor.objects.get().language == "en"
