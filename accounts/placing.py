"""One account placed by itself: read by the same rules as a row of a file, refused in the same words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.imports.dates import YMD
from accounts.imports.parser import RowParser
from accounts.imports.plan import ReadingPlan
from accounts.imports.record import Record
from accounts.imports.rows import Row
from accounts.models import Account, Creditor, Debtor, Portfolio
from accounts.placing_people import find_or_make_debtor
from common.clock import today
from common.errors import Conflict, InvalidInput

DEFAULT_PORTFOLIO = "API"
# Posts principal, interest, fees and costs of a new account to the ledger, which moves its balance.
Poster = Callable[[Account, tuple[int, int, int, int]], None]
_posters: list[Poster] = []


def register_poster(poster: Poster) -> None:
    """The ledger lives to the right of this app; it says here how a placement is posted."""
    _posters[:] = [poster]


def place_account(
    creditor: Creditor,
    cells: Mapping[str, str],
    *,
    names: Mapping[str, str],
    debtor: Debtor | None = None,
    portfolio_name: str = "",
    source: str = "api",
    by: str = "",
) -> Account:
    """Place one account; Conflict when its reference is placed already, InvalidInput with every reason by field.

    `cells` are import fields as a file would write them, dates as ISO; `names` says what the caller calls them.
    With `debtor` the account becomes that person's, else the customer reference finds or makes one.
    """
    if debtor and debtor.creditor_id != creditor.pk:
        raise InvalidInput(_("This person belongs to another creditor."), field="debtor")
    if debtor and cells.get("customer_reference", debtor.creditor_reference) != debtor.creditor_reference:
        raise InvalidInput(_("The id and the customer reference name two people. Send one of them."), field="debtor")
    known = debtor or _known_person(creditor, cells)
    record = _read(cells, names=names, country=known.country if known else creditor.country)
    with transaction.atomic():
        person = find_or_make_debtor(creditor, record, given=frozenset(cells), known=debtor)
        account = _insert(creditor, record, person=person, portfolio_name=portfolio_name or DEFAULT_PORTFOLIO)
        for post in _posters:
            post(account, record.components)
        account.refresh_from_db()
        record_event(
            "account.placed",
            account=account,
            source=source,
            by=by,
            currency=account.currency,
            moved_minor=record.balance,
        )
    return account


def _known_person(creditor: Creditor, cells: Mapping[str, str]) -> Debtor | None:
    """Whose country says how a phone number without a prefix is read."""
    reference = cells.get("customer_reference") or cells.get("account_reference", "")
    return Debtor.objects.filter(creditor=creditor, creditor_reference=reference).only("country").first()


def _read(cells: Mapping[str, str], *, names: Mapping[str, str], country: str) -> Record:
    plan = ReadingPlan(
        headers=list(cells),
        columns={name: position for position, name in enumerate(cells)},
        orders={"due_date": YMD, "birth_date": YMD},
        country=country,
        as_of=today(),
        today=today(),
    )
    record = RowParser(plan).parse(Row(1, list(cells.values())))
    if isinstance(record, list):
        raise _refusal(record, names)
    if not record.balance:
        raise InvalidInput(_("Nothing is owed on this account."), field=names.get("balance", "balance"))
    return record


def _refusal(reasons: list[str], names: Mapping[str, str]) -> InvalidInput:
    fields: dict[str, list[str]] = defaultdict(list)
    for reason in reasons:
        name, _colon, text = reason.partition(": ")
        fields[names.get(name, name)].append(text)
    return InvalidInput(_("Some fields need correcting."), fields=dict(fields))


def _insert(creditor: Creditor, record: Record, *, person: Debtor, portfolio_name: str) -> Account:
    portfolio, _created = Portfolio.objects.get_or_create(
        creditor=creditor, name=portfolio_name, defaults={"placed_on": today()}
    )
    try:
        with transaction.atomic():
            return Account.objects.create(
                creditor=creditor,
                portfolio=portfolio,
                debtor=person,
                creditor_reference=record.account_reference,
                product=record.product,
                segment=record.segment,
                currency=record.currency,
                due_date=record.due_date,
                placed_minor=record.balance,
                balance_minor=0,
                credit_limit_minor=record.credit_limit,
                reported_minor=list(record.components),
            )
    except IntegrityError as error:
        raise _placed_before(creditor, record.account_reference) from error


def _placed_before(creditor: Creditor, reference: str) -> Conflict:
    known = Account.objects.filter(creditor=creditor, creditor_reference=reference).first()
    message = _("An account with this reference is placed already. Send changed figures as a placement file.")
    return Conflict(message, account=known.reference if known else "")
