"""Reading by column answers what reading row by row answers: the same record, or the same reasons."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.imports.parser import RowParser
from accounts.imports.plain import PlainReader
from accounts.imports.plan import ReadingPlan
from accounts.imports.rows import Row

FIELDS = (
    "account_reference", "customer_reference", "product", "segment", "currency", "balance", "principal", "interest",
    "fees", "costs", "credit_limit", "due_date", "days_past_due", "name", "given_name", "family_name", "birth_date",
    "birth_year", "country", "language", "time_zone", "emails", "emails_2", "phones", "phones_2", "address", "city",
    "region", "postcode", "consent_all", "consent_sms", "billed:2026-03", "billed:2026-01", "paid:2026-03",
    "paid:2026-02",
)  # fmt: skip
AMOUNTS = (
    "",
    "12.50",
    "0.00",
    " 7.10 ",
    "7",
    "1,234.50",
    "-3.00",
    "(3.00)",
    "abc",
    "99999999999999.99",
    "1.234",
    "1.0\n2.0",
    "١٢.٥٠",
)
ODD = ("", " ", "\t", "\x07", "x" * 300, "\u3000", "=1+1")
CELLS = {
    "account_reference": ("A1", "A 2", " A3 ", "x" * 64, "x" * 65),
    "customer_reference": ("C1", "C2"),
    "product": ("credit card", "信用卡", "??"),
    "segment": ("Early", "returned mail", "高风险", "??"),
    "currency": ("TWD", "EUR", "jpy", "KWD", "NTD", "XXQ"),
    **dict.fromkeys(("balance", "principal", "interest", "fees", "costs", "credit_limit"), AMOUNTS),
    "due_date": ("2026-01-31", "2026-02-30", "20260131", "1900-01-01", "2099-01-01", "31/01/2026"),
    "days_past_due": ("30", "-4", "99999", "1.0", "many"),
    "name": ("Ada Lovelace", "王小明", "A\nB"),
    **dict.fromkeys(("given_name", "family_name"), ("Ada", "王", "小明", "Lovelace", "x" * 120)),
    "birth_date": ("1980-05-05", "1880-01-01", "1980-13-01"),
    "birth_year": ("1980", "1700", "2090", "x"),
    "country": ("TW", "tw", "US", "USA", "KE", "Atlantis"),
    "language": ("zh-Hant", "en", "Klingonish"),
    "time_zone": ("Asia/Taipei", "Mars/Base"),
    **dict.fromkeys(("emails", "emails_2"), ("a@example.com", "a@example.com; b@example.com", "nobody", "n/a", "a@b")),
    **dict.fromkeys(
        ("phones", "phones_2"),
        ("+886912345678", "0912345678", "+12025550123", "+1 202 555 0123 / 2", "12", "-", "+886912345678;+886912345679",
         "+٨٨٦912345678"),
    ),
    **dict.fromkeys(("address", "city", "region"), ("1 Main  Street", "Taipei", "\x07", "x" * 300)),
    "postcode": ("100", "94105", "x" * 20),
    **dict.fromkeys(("consent_all", "consent_sms"), ("yes", "no", "maybe")),
}  # fmt: skip


GOOD = {name: tuple(cell for cell in known[:2] if cell.isprintable()) for name, known in CELLS.items()} | {
    "country": ("TW", "US"), "currency": ("TWD", "EUR"), "due_date": ("2026-01-31", "20260131"),
    "birth_date": ("1980-05-05",), "days_past_due": ("30", "-4"), "birth_year": ("1970",),
    "language": ("zh-Hant", "en"), "time_zone": ("Asia/Taipei", ""),
    "emails": ("a@example.com", "a@example.com; b@example.com"), "phones": ("+886912345678", ""),
    "balance": ("12.50",), "principal": ("12.50", ""), **dict.fromkeys(("interest", "fees", "costs"), ("0.00", "")),
}  # fmt: skip


@st.composite
def rows_of(draw: st.DrawFn, names: list[str]) -> list[str]:
    """A good row, some cells of which may be odd."""
    cells = [draw(st.sampled_from(GOOD.get(name, ("12.50", "")))) for name in names]
    for place in draw(st.lists(st.integers(0, len(names) - 1), max_size=2)):
        cells[place] = draw(st.one_of(st.sampled_from(CELLS.get(names[place], AMOUNTS)), st.sampled_from(ODD)))
    return cells


@st.composite
def readings(draw: st.DrawFn) -> tuple[ReadingPlan, list[Row]]:
    needed = ["account_reference", "balance", "due_date"]
    names = [*needed[draw(st.sampled_from((0, 0, 0, 1))) :], *draw(st.lists(st.sampled_from(FIELDS[1:]), unique=True))]
    names = list(dict.fromkeys(names))
    columns = {name: place for place, name in enumerate(names)}
    plan = ReadingPlan(
        headers=list(names), columns=columns, currency=draw(st.sampled_from(("", "EUR", "JPY"))),
        country=draw(st.sampled_from(("", "TW", "US"))), language=draw(st.sampled_from(("", "fr"))),
        as_of=date(2026, 3, 1), today=date(2026, 3, 1),
    )  # fmt: skip
    rows = draw(st.lists(rows_of(names), min_size=1, max_size=6))
    extra = draw(st.lists(st.sampled_from((-2, -1, 0, 0, 0, 1)), min_size=len(rows), max_size=len(rows)))
    cut = [cells[:size] if size < 0 else [*cells, *("more",) * size] for cells, size in zip(rows, extra, strict=True)]
    flaws = draw(st.lists(st.sampled_from(("", "", "", "nul")), min_size=len(rows), max_size=len(rows)))
    return plan, [Row(2 + place, cells, flaws[place], 2 + place) for place, cells in enumerate(cut)]


@settings(max_examples=300, deadline=None)
@given(readings())
def test_a_chunk_read_by_columns_says_what_each_row_read_by_itself_says(reading: tuple[ReadingPlan, list[Row]]) -> None:
    plan, rows = reading
    alone = [RowParser(plan).parse(row._replace(cells=list(row.cells))) for row in rows]
    assert PlainReader(RowParser(plan)).read(rows) == alone


def test_a_plain_chunk_never_asks_the_row_parser() -> None:
    names = ("account_reference", "currency", "balance", "due_date", "name", "country", "emails", "phones")
    cells = ["A1", "TWD", "12.50", "2026-01-31", "Ada", "TW", "a@example.com", "+886912345678"]
    plan = ReadingPlan(headers=list(names), columns={name: at for at, name in enumerate(names)}, today=date(2026, 3, 1))
    parser = RowParser(plan)
    parser.parse = None  # type: ignore[method-assign, assignment]
    (record,) = PlainReader(parser).read([Row(2, cells, "", 2)])
    assert not isinstance(record, list) and record.balance == 1250
