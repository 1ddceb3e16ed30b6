from __future__ import annotations

import contextlib
import io
import zipfile
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.imports.amounts import Amounts, decimal_of, parse_amount
from accounts.imports.contacts import parse_emails
from accounts.imports.dates import date_order, parse_date
from accounts.imports.errors import BadValue, ImportRefused
from accounts.imports.layout import find_layout
from accounts.imports.mapping import guess_columns
from accounts.imports.phones import parse_phone
from accounts.imports.places import parse_country, parse_language, zone_of
from common.export import plain_cell, safe_cell
from tests.accounts.imports.conftest import HEADER, ROW, counts, reasons, row, table

SPELLINGS = {
    "1,234.50": ".", "1.234,50": ",", "1 234,50": ",", "1'234.50": ".", "NT$1,234.50": ".", "1.234,50 €": ",",
    "1\u202f234,50": ",", "１，２３４.50": ".", "USD 1234.5": ".",
}  # fmt: skip


@pytest.mark.parametrize("text", SPELLINGS)
def test_amounts_are_read_in_the_spellings_creditors_use(text):
    assert decimal_of([text], three_places=False) == SPELLINGS[text]
    assert parse_amount(text, decimal=SPELLINGS[text], places=2) == 123_450


@given(st.integers(-(10**13), 10**13), st.sampled_from(["TWD", "JPY", "KWD", "USDT"]), st.sampled_from(".,"))
def test_every_amount_comes_back_as_it_was_written(minor, currency, decimal):
    places = {"TWD": 2, "JPY": 0, "KWD": 3, "USDT": 6}[currency]
    plain = format(Decimal(minor).scaleb(-places), ",f")
    written = plain if decimal == "." else plain.translate(str.maketrans(",.", ".,"))
    assert Amounts(decimal, currency)[written] == minor


@given(st.text(max_size=12))
def test_no_text_makes_the_amount_reader_do_anything_but_read_or_refuse(text):
    with contextlib.suppress(BadValue):
        assert isinstance(Amounts(".", "TWD")[text], int | None)


@given(st.dates(date(1950, 1, 1), date(2099, 12, 31)), st.sampled_from(["ymd", "dmy", "mdy", "roc", "excel"]))
def test_every_date_comes_back_in_every_order(day, order):
    written = {
        "ymd": f"{day.year}/{day.month}/{day.day}",
        "dmy": day.strftime("%d.%m.%Y"),
        "mdy": day.strftime("%m/%d/%Y"),
        "roc": f"{day.year - 1911:02d}/{day.month}/{day.day}",
        "excel": str((day - date(1899, 12, 30)).days),
    }[order]
    assert parse_date(written, order=order) == day


def test_day_and_month_are_told_apart_by_the_whole_column():
    assert date_order(["01/02/2026", "13/02/2026"]) == "dmy"
    assert date_order(["01/02/2026", "02/13/2026"]) == "mdy"
    for undecided in (["01/02/2026"], ["13/02/2026", "02/13/2026"], ["94/07/28"]):
        with pytest.raises(BadValue):
            date_order(undecided)
    assert parse_date("94/07/28", order="roc") == date(2005, 7, 28)
    with pytest.raises(BadValue, match="no such day"):
        parse_date("2026-02-30", order="ymd")


def test_amounts_written_in_two_ways_or_readable_in_two_ways_are_asked_about():
    with pytest.raises(BadValue, match="two ways"):
        decimal_of(["1.234,50", "1,234.50"], three_places=False)
    with pytest.raises(BadValue, match="Choose"):
        decimal_of(["1.234"], three_places=True)
    assert decimal_of(["1.234"], three_places=False) == ","


def test_phones_of_every_shape_become_e164():
    assert parse_phone("0912-345-678", country="TW") == "+886912345678"
    assert parse_phone("138 0013 8000", country="CN") == "+8613800138000"
    assert parse_phone("0086 138 0013 8000", country="TW") == "+8613800138000"
    assert parse_phone("(212) 555-0123", country="US") == "+12125550123"
    for wrong in ("12", "+886900000", "phone", "+99912345678"):
        with pytest.raises(BadValue):
            parse_phone(wrong, country="TW")


def test_places_are_read_in_words_and_codes():
    assert [parse_country(text) for text in ("tw", "TWN", "中国", "United States")] == ["TW", "TW", "CN", "US"]
    assert [parse_language(text) for text in ("zh-TW", "zh_CN", "English", "es-MX")] == [
        "zh-hant",
        "zh-hans",
        "en",
        "es",
    ]


def test_a_time_zone_is_named_only_when_every_clue_agrees():
    assert zone_of(country="US", phones=["+12125550123"], postcode="10001") == "America/New_York"
    assert zone_of(country="US", phones=["+12125550123"], postcode="94105") == ""
    assert zone_of(country="US", phones=[], postcode="") == ""
    assert zone_of(country="TW", phones=["+8613800138000"], postcode="") == ""


def test_an_address_in_words_is_no_email():
    assert parse_emails("a@example.com; b@example.com|c@example.com") == [f"{name}@example.com" for name in "abc"]
    for wrong in ("a@", "a b@example.com", "a@example", "<a@example.com>"):
        with pytest.raises(BadValue):
            parse_emails(wrong)


def test_headers_are_guessed_in_three_scripts():
    assert guess_columns(["Acct. No", "OS Balance", "DPD"]) == {
        "account_reference": "Acct. No", "balance": "OS Balance", "days_past_due": "DPD"}  # fmt: skip
    assert set(guess_columns(["账户编号", "欠款余额", "到期日", "手机"])) == {
        "account_reference",
        "balance",
        "due_date",
        "phones",
    }
    assert set(guess_columns(["帳號", "欠款餘額", "繳款期限", "帳單金額 2026-09"])) == {
        "account_reference", "balance", "due_date", "billed:2026-09"}  # fmt: skip


CHINESE = "帳號,姓名,幣別,欠款餘額,到期日\r\nA-1,王小明,TWD,1250.00,2026-07-28\r\nA-2,歐陽淑芬,TWD,10.00,2026-07-28\r\n"
SIMPLIFIED = "账号,姓名,币种,欠款余额,到期日\r\nA-1,张伟,CNY,1250.00,2026-07-28\r\nA-2,欧阳静,CNY,10.00,2026-07-28\r\n"


@pytest.mark.parametrize(
    ("text", "codec", "found"),
    [
        (CHINESE, "utf-8", "utf-8"), (CHINESE, "utf-8-sig", "utf-8-sig"), (CHINESE, "utf-16", "utf-16"),
        (CHINESE, "cp950", "big5"), (SIMPLIFIED, "gb18030", "gb18030"),
    ],
)  # fmt: skip
def test_encodings_are_found(imported, text, codec, found):
    from accounts.models import Debtor

    assert find_layout(io.BytesIO(text.encode(codec))).encoding == found
    assert counts(imported(text.encode(codec))) == (2, 0, 0, 0)
    assert Debtor.objects.order_by("creditor_reference").first().name == text.split(",")[5]


def test_a_western_file_with_semicolons_and_decimal_commas_is_read(imported):
    text = "Account No;Name;Currency;Balance;Due Date\r\nA-1;José Muñoz;EUR;1.250,00;28.07.2026\r\n"
    assert imported(text.encode("cp1252")).rows_created == 1


def sheet(*rows):
    book = openpyxl.Workbook()
    for values in rows:
        book.active.append(values)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_spreadsheet_is_read_with_its_own_dates_and_numbers(imported):
    from accounts.models import Account

    header = ["Account No", "Currency", "Balance", "Due Date"]
    job = imported(
        sheet(header, ["A-1", "TWD", 1250.1, date(2026, 7, 28)], ["A-2", "TWD", 3, "2026/7/2"]), name="p.xlsx"
    )
    assert counts(job) == (2, 0, 0, 0)
    assert list(Account.objects.order_by("creditor_reference").values_list("balance_minor", flat=True)) == [
        125_010,
        300,
    ]


def bomb():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml", "<workbook/>")
        package.writestr("xl/worksheets/sheet1.xml", b"0" * 30_000_000)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"), (b" \r\n", "empty"), (b"%PDF-1.7", "PDF"), (b"\xd0\xcf\x11\xe0" + bytes(99), "xls"),
        (b"\x89PNG" + bytes(99), "picture"), (bytes(range(32)) * 50, "neither"), (b"PK\x03\x04broken", "damaged"),
        (bomb(), "unpacks"),
    ],
    ids=["nothing", "blank", "pdf", "old-excel", "picture", "binary", "broken-zip", "zip-bomb"],
)  # fmt: skip
def test_what_is_no_table_is_refused_and_not_kept(opened, stored, content, says):
    before = set(stored.iterdir()) if stored.exists() else set()
    with pytest.raises(ImportRefused, match=says):
        opened(content)
    assert set(stored.iterdir()) == before


def test_missing_columns_are_named_with_what_was_found(imported):
    job = imported(b"Foo,Bar\r\n1,2\r\n")
    assert job.state == "failed" and job.problems[0]["line"] is None
    assert "Account reference" in reasons(job) and "Foo, Bar" in reasons(job) and "Due date" in reasons(job)


def test_an_ambiguous_date_column_is_asked_about_and_settled_by_a_choice(imported):
    content = table(row(1, due="01/02/2026"))
    assert "day first or month first" in imported(content).failure
    assert imported(content, date_format="dmy").rows_created == 1
    assert imported(content).rows_unchanged == 1  # remembered


BAD = {
    "name": ('"Wang\nFang"', "line breaks"), "email": ("nobody", "e-mail"), "phone": ("12", "phone number"),
    "country": ("Atlantis", "country"), "currency": ("XXQ", "currency"), "balance": ("-5.00", "negative"),
    "due": ("2026-02-30", "no such day"), "billed": ("abc", "not an amount"), "ref": ("", "account reference is empty"),
}  # fmt: skip


@pytest.mark.parametrize("cell", BAD)
def test_a_bad_cell_is_reported_with_its_line_and_what_to_do(imported, cell):
    text, says = BAD[cell]
    job = imported(table(row(1), row(2, **{cell: text}), row(3)))
    assert counts(job) == (2, 0, 0, 1)
    assert reasons(job).startswith("3: ") and says in reasons(job)


def test_line_numbers_are_physical_lines_also_after_quoted_line_breaks(imported):
    job = imported(table(row(1, name='"Wang\r\n\r\nFang"'), row(2, balance="x")))
    assert [problem["line"] for problem in job.problems] == [2, 5]


def test_torn_rows_are_named_and_the_rest_goes_in(imported):
    rows = [
        row(1),
        row(2) + ",extra",
        "A-3,short",
        row(4).replace("Wang", "W\0ng"),
        row(5, name='"' + "x" * 200_000 + '"'),
    ]
    job = imported(table(*rows, row(6)))
    assert job.rows_created == 2 and job.rows_bad == 4
    assert [problem["line"] for problem in job.problems] == [3, 4, 5, 6]
    assert "cells" in reasons(job) and "NUL" in reasons(job) and "131,072" in reasons(job)


def test_a_reference_twice_in_a_file_goes_in_once(imported):
    job = imported(table(row(1), row(2), row(1, balance="5.00")))
    assert counts(job) == (2, 0, 0, 1)
    assert "4: The account reference is already on line 2" in reasons(job)


def test_components_must_add_up(imported):
    header = "Account No,Currency,Balance,Principal,Interest,Due Date"
    job = imported(
        table("A-1,TWD,110.00,100.00,10.00,2026-07-28", "A-2,TWD,110.00,100.00,5.00,2026-07-28", header=header)
    )
    assert counts(job) == (1, 0, 0, 1) and "do not add up" in reasons(job)


def test_days_past_due_count_from_the_chosen_day(imported):
    from accounts.models import Account

    imported(table("A-1,TWD,5.00,30", header="Account No,Currency,Balance,DPD"), as_of="2026-07-31")
    assert Account.objects.get().due_date == date(2026, 7, 1)


@given(st.text())
def test_no_cell_we_write_is_a_formula_and_ours_come_back_as_they_were(text):
    safe = safe_cell(text)
    assert not safe.startswith(("=", "+", "@", "\t", "\r"))
    assert plain_cell(safe) == text or text.startswith("'")


def test_numbers_stay_numbers_on_export():
    assert safe_cell("-8.00") == "-8.00" and safe_cell("-1+1") == "'-1+1" and safe_cell("=1+1") == "'=1+1"


def test_the_columns_of_the_conftest_row_are_all_understood():
    assert len(guess_columns(HEADER.split(","))) == len(ROW.split(","))
