"""Bring a placement file in from the command line, by the same doors as the page and the API."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.imports.dates import FORMATS
from accounts.imports.fields import label_of
from accounts.imports.layout import ENCODINGS
from accounts.imports.record import Record
from accounts.imports.selectors import open_error_file, preview
from accounts.imports.services import cancel_import, check_import, open_import, run_import, set_mapping, start_import
from accounts.imports.vault import delete
from accounts.models import Creditor, ImportJob
from common.errors import PlatformError
from common.money import Money


class Command(BaseCommand):
    help = "Import a placement file (CSV or XLSX) for a creditor. A second import of the file changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--creditor", required=True, help="the creditor's code")
        parser.add_argument("--create-creditor", metavar="NAME", help="create the creditor when there is none")
        parser.add_argument("--country", help="two-letter country: of a new creditor, and of rows without one")
        parser.add_argument("--portfolio", default="", help="name of the placement (the file's name)")
        parser.add_argument(
            "--dry-run", action="store_true", help="check every row and show the first ten, write nothing"
        )
        parser.add_argument("--map", action="append", default=[], metavar="FIELD=HEADER", help="correct one column")
        parser.add_argument("--encoding", help=f"for example {', '.join(ENCODINGS)} (detected)")
        parser.add_argument("--date-format", choices=FORMATS, help="order of dates (read off the column)")
        parser.add_argument("--decimal", choices=(".", ","), help="decimal mark (read off the amounts)")
        parser.add_argument("--currency", help="for files without a currency column")
        parser.add_argument("--as-of", help="day from which days past due count, YYYY-MM-DD")
        parser.add_argument(
            "--payments-included", choices=("yes", "no"), help="whether changed balances include payments taken here"
        )
        parser.add_argument("--errors", type=Path, help="where to write the rows left out")

    def handle(self, *args: Any, **options: Any) -> None:
        known = Creditor.objects.filter(code=options["creditor"]).exists()
        try:
            self._handle(options)
        finally:
            if options["dry_run"] and not known:
                _forget_the_creditor(options["creditor"])

    def _handle(self, options: dict[str, Any]) -> None:
        try:
            job = self._opened(options)
            self._show_columns(job)
            check_import(job, dry_run=options["dry_run"])
            if job.state == "failed":
                raise CommandError(_problem_lines(job) or job.failure)
            self._check_only(job) if options["dry_run"] else self._import(job, options)
        except PlatformError as error:
            raise CommandError(error.message) from error

    def _opened(self, options: dict[str, Any]) -> ImportJob:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        with path.open("rb") as file:
            job = open_import(
                creditor=_creditor(options),
                file=file,
                file_name=path.name,
                portfolio_name=options["portfolio"],
                options=options,
            )
        return set_mapping(job, columns=job.columns | _corrections(options["map"]))

    def _show_columns(self, job: ImportJob) -> None:
        for name, header in job.columns.items():
            self.stdout.write(f"  {header}  ->  {label_of(name) if ':' in name else name}")

    def _check_only(self, job: ImportJob) -> None:
        for line, understood in preview(job):
            self.stdout.write(f"  line {line}: {_in_words(understood)}")
        self._report(job, "would be")
        cancel_import(job)

    def _import(self, job: ImportJob, options: dict[str, Any]) -> None:
        start_import(job, enqueue=False)
        job = run_import(job.pk)
        if job.state == "failed":
            raise CommandError(job.failure)
        self._report(job, "were")
        if job.error_file and options["errors"]:
            with open_error_file(job) as source:
                options["errors"].write_bytes(source.read())
            self.stdout.write(f"The rows left out are in {options['errors']}.")

    def _report(self, job: ImportJob, verb: str) -> None:
        self.stdout.write(_problem_lines(job))
        self.stdout.write(
            f"{job.rows_total} rows: {job.rows_created} {verb} created, {job.rows_updated} updated,"
            f" {job.rows_unchanged} unchanged, {job.rows_bad} left out."
        )


def _in_words(understood: Record | list[str]) -> str:
    if isinstance(understood, list):
        return f"left out: {' '.join(understood)}"
    owed = Money(understood.balance, understood.currency)
    ways = len(understood.emails) + len(understood.phones) + bool(understood.address)
    who = f"{understood.customer_reference} {understood.name}".strip()
    return f"{understood.account_reference}: {owed}, due {understood.due_date}, {who}, {ways} contact points"


def _problem_lines(job: ImportJob) -> str:
    return "\n".join(
        f"line {problem['line']}: {problem['reason']}" if problem["line"] else problem["reason"]
        for problem in job.problems
    )


def _corrections(pairs: list[str]) -> dict[str, str]:
    if wrong := [pair for pair in pairs if "=" not in pair]:
        raise CommandError(f"Write --map FIELD=HEADER, not {wrong[0]}.")
    return dict(pair.split("=", 1) for pair in pairs)


def _creditor(options: dict[str, Any]) -> Creditor:
    code, name, country = options["creditor"], options["create_creditor"], options["country"]
    known = Creditor.objects.filter(code=code).first()
    if known:
        return known
    if not name:
        raise CommandError(f'There is no creditor "{code}". Add --create-creditor NAME --country XX to create it.')
    if not country or len(country) != 2:
        raise CommandError("A new creditor needs --country with its two-letter code.")
    return Creditor.objects.create(code=code, name=name, country=country.upper())


def _forget_the_creditor(code: str) -> None:
    """A dry run needed somebody to check the file for; it leaves nobody behind."""
    for job in ImportJob.objects.filter(creditor__code=code, state__in=("uploaded", "failed", "checked")):
        delete(job.stored_path)
    ImportJob.objects.filter(creditor__code=code).delete()
    Creditor.objects.filter(code=code).delete()
