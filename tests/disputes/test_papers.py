"""Papers about a dispute: kept sealed, saved through the door with a trace; what is hostile is refused, with words."""

from __future__ import annotations

import io
import zipfile
import zlib

import pytest
from django.urls import reverse

from accounts.models import Event
from common.errors import Conflict, InvalidInput, NotFound
from payments.disputes import evidence
from payments.disputes.access import access_dispute, access_evidence
from payments.disputes.evidence import add_evidence, check_files, content_of
from payments.disputes.opening import withdraw
from payments.models import DebtDispute, DisputeEvidence
from tests import factories
from tests.disputes.cast import chunk, file, pdf, pdf_with, picture, png_of, said
from tests.pages.conftest import signed_in

PNG, JPEG, PDF = picture(), picture("JPEG"), pdf()


def zipped(name: str = "a.txt") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, "x")
    return out.getvalue()


BOMB = zlib.compress(b"\0" * 140_000_000, 9)
SCRIPT = b"<script>alert(1)</script>"
HOSTILE = {
    "a program": ("bill.pdf", b"MZ\x90\0" + b"\0" * 64, "no PDF, PNG or JPEG"),
    "an archive": ("bill.pdf", zipped(), "no PDF, PNG or JPEG"),
    "a page": ("bill.html", SCRIPT, "no PDF, PNG or JPEG"),
    "a drawing that runs": ("bill.svg", b"<svg onload='x'/>", "no PDF, PNG or JPEG"),
    "a picture that says it is a PDF": ("bill.pdf", PNG, "the file is something else"),
    "a PDF that says it is a program": ("bill.pdf.exe", PDF, "the file is something else"),
    "a picture with an archive behind it": ("a.png", PNG + zipped(), "two things at once"),
    "a photo with an archive behind it": ("a.jpg", JPEG + zipped(), "two things at once"),
    "a PDF with an archive behind it": ("a.pdf", PDF + zipped() + b"\n%%EOF", "two things at once"),
    "a photo with a page inside": ("a.jpg", JPEG[:2] + b"\xff\xfe\0\x1b" + SCRIPT + JPEG[2:], "two things at once"),
    "a picture with a page inside": ("a.png", png_of(1, 1, zlib.compress(b"\0" * 4), more=chunk(b"tEXt", SCRIPT)),
                                     "two things at once"),
    "a photo that is a PDF, too": ("a.jpg", JPEG[:2] + b"\xff\xfe\0\x0a%PDF-1.7" + JPEG[2:], "two things at once"),
    "a picture that unpacks to far more": ("a.png", png_of(10, 10, BOMB), "far larger"),
    "a note beside a picture that does": (
        "a.png", png_of(1, 1, zlib.compress(b"\0" * 4), more=chunk(b"zTXt", b"Title\0\0" + BOMB)), "far larger"),
    "a picture of huge sides": ("a.png", png_of(60_000, 60_000, zlib.compress(b"\0")), "80 megapixels"),
    "a photo of huge sides": ("a.jpg", JPEG[:2] + b"\xff\xc0\0\x0b\x08\xea\x60\xea\x60\x01\x01\x11\0" + JPEG[2:],
                              "80 megapixels"),
    "a PDF that unpacks to far more": ("a.pdf", pdf_with(BOMB), "far larger"),
    "a PDF packed twice": (
        "a.pdf", pdf_with(zlib.compress(BOMB), described=b"/Filter [/FlateDecode /FlateDecode]"), "far larger"),
    "a PDF that runs": ("a.pdf", pdf_with(words=b"/OpenAction << /S /JavaScript /JS (app.alert) >>"), "that runs"),
    "a PDF that runs, spelled otherwise": ("a.pdf", pdf_with(words=b"/S /Java#53cript"), "that runs"),
    "a PDF that runs, inside what is packed": (
        "a.pdf", pdf_with(zlib.compress(b"1 0 << /S /JavaScript >>"), described=b"/Type /ObjStm /Filter /FlateDecode"),
        "that runs"),
    "a PDF that hides it behind a remark": (
        "a.pdf", pdf_with(words=b"\n% stream\n/S /JavaScript\n% endstream\n"), "that runs"),
    "a PDF with files inside": ("a.pdf", pdf_with(words=b"/EmbeddedFile 5 0 R"), "that runs or other files"),
    "a PDF that starts a program": ("a.pdf", pdf_with(words=b"/S /Launch"), "that runs"),
    "a locked PDF": ("a.pdf", PDF.replace(b"/Size", b"/Encrypt 9 0 R /Size", 1), "locked with a password"),
    "a PDF that is cut off": ("a.pdf", PDF[:-200], "damaged or cut off"),
    "a picture that is cut off": ("a.png", PNG[:-20], "damaged or cut off"),
    "a photo that is cut off": ("a.jpg", JPEG[:200], "damaged or cut off"),
    "nothing": ("a.pdf", b"", "empty"),
    "too much": ("a.jpg", JPEG + b"\0" * evidence.MAX_BYTES, "larger than 6 MB"),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_or_broken_file_is_refused_with_words_that_help(what):
    name, content, words = HOSTILE[what]
    with pytest.raises(InvalidInput, match=words):
        check_files([file(name, content)])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bill.png", PNG),
        ("photo.JPG", JPEG),
        ("photo.jpeg", picture("JPEG", (4000, 3000))),
        ("bill.pdf", PDF),
        ("no ending", PDF),
        ("phone.jpg", JPEG + picture("JPEG", (4, 4))),
        ("report.pdf", pdf("See http://bank.example/javascript and /JS")),
    ],
)
def test_ordinary_papers_of_phones_and_banks_are_taken(name, content):
    ((kept, kind, same),) = check_files([file(name, content)])
    assert same == content
    assert kept.endswith(kind.endings[0])


def test_real_files_of_every_mode_of_picture_are_taken():
    from PIL import Image

    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        out = io.BytesIO()
        Image.new(mode, (33, 21)).save(out, "PNG", interlace=1)
        assert check_files([file("a.png", out.getvalue())])


pytestmark = pytest.mark.django_db


def upload(debtor, *files, **fields):
    return debtor.send("debtor_dispute_more", papers=list(files), token=fields.pop("token", "u"), text="", **fields)


def test_she_sends_a_photo_with_the_first_telling(known):
    known.send("debtor_dispute", reason="already_paid", papers=[file("receipt.jpg", JPEG)], token="a")
    row = DisputeEvidence.objects.get()
    assert (row.media_type, row.size, row.name, row.given_by) == ("image/jpeg", len(JPEG), "receipt.jpg", None)
    assert "receipt.jpg" in known.read("debtor_dispute")


def test_it_is_kept_sealed_and_comes_back_byte_by_byte(known):
    said(known.account)
    upload(known, file("my bill.pdf", PDF))
    stored = str(DisputeEvidence.objects.values("name", "content").get())
    assert "my bill" not in stored
    assert "JVBERi" not in stored
    assert content_of(DisputeEvidence.objects.get()) == PDF


def test_she_saves_it_as_a_file_and_never_sees_it_as_a_page_of_ours(known):
    row = said(known.account)
    upload(known, file("../../my\r\nbill.pdf", PDF))
    paper = DisputeEvidence.objects.get()
    answer = known.open("debtor_dispute_paper", row.pk, paper.pk)
    assert answer.content == PDF
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert not set(paper.name) & set("/\\\r\n")
    assert Event.objects.filter(kind="dispute.evidence_saved", account=known.account, source="debtor").count() == 1


def test_whoever_only_holds_the_link_may_send_a_paper_and_read_none(debtor):
    row = said(debtor.account)
    assert upload(debtor, file("bill.png", PNG)).status_code == 303
    paper = DisputeEvidence.objects.get()
    html = debtor.read("debtor_dispute")
    assert "bill.png" not in html
    assert "We have 1 paper from you" in html
    answer = debtor.open("debtor_dispute_paper", row.pk, paper.pk)
    assert (answer.status_code, "identity" in answer["Location"]) == (303, True)


def test_nobody_reads_the_papers_of_somebody_else(known, agent):
    other = factories.account(person=factories.debtor())
    theirs = said(other)
    (paper,) = add_evidence(theirs, check_files([file("a.png", PNG)]), by=None)
    assert known.open("debtor_dispute_paper", theirs.pk, paper.pk).status_code == 404
    mine = said(known.account)
    assert known.open("debtor_dispute_paper", mine.pk, paper.pk).status_code == 404
    with pytest.raises(NotFound):
        access_evidence(mine, paper.pk, by=agent)
    bank = factories.user(role="creditor", creditor=known.account.creditor)
    url = reverse("dispute_paper", args=[theirs.pk, paper.pk])
    assert signed_in(bank).get(url).status_code in (403, 404)


def test_an_agent_saves_it_and_that_is_on_the_record(known, agent):
    row = said(known.account)
    (paper,) = add_evidence(row, check_files([file("a.png", PNG)]), by=None)
    answer = signed_in(agent).get(reverse("dispute_paper", args=[row.pk, paper.pk]))
    assert answer.content == PNG
    assert "no-store" in answer["Cache-Control"]
    assert Event.objects.filter(kind="dispute.evidence_saved", account=known.account, actor=agent).count() == 1


def test_an_agent_adds_what_came_by_letter(known, agent):
    row = said(known.account)
    url = reverse("dispute_words", args=[row.pk])
    signed_in(agent).post(url, {"text": "came by letter", "papers": [file("a.pdf", PDF)], "token": "w", "note": "1"})
    assert row.evidence.get().given_by == agent
    assert row.remarks.get(kind="noted").text == "came by letter"
    assert "came by letter" not in known.read("debtor_dispute"), "our notes are ours"


def test_the_same_file_again_is_kept_once(known):
    row = said(known.account)
    for token in ("a", "b"):
        assert upload(known, file("a.png", PNG), token=token).status_code == 303
    assert row.evidence.count() == 1


def test_one_bad_file_keeps_out_the_others_and_says_why_at_the_field(known):
    row = said(known.account)
    answer = upload(known, file("a.png", PNG), file("b.pdf", zipped()))
    assert answer.status_code == 422
    assert "no PDF, PNG or JPEG" in answer.content.decode()
    assert not row.evidence.exists()


def test_a_bad_file_with_the_first_telling_opens_nothing_and_keeps_the_words(debtor):
    answer = debtor.send("debtor_dispute", reason="other", text="my words", papers=[file("b.pdf", zipped())], token="a")
    assert answer.status_code == 422
    assert "my words" in answer.content.decode()
    assert not DebtDispute.objects.exists()


def test_there_is_an_end_to_how_many(known, monkeypatch):
    row = said(known.account)
    five = [file(f"{n}.png", picture(size=(9, n))) for n in range(1, 7)]
    with pytest.raises(InvalidInput, match="At most 5"):
        check_files(five)
    monkeypatch.setattr(evidence, "MOST_FILES", 1)
    add_evidence(row, check_files([file("a.png", PNG)]), by=None)
    with pytest.raises(Conflict, match="as many papers"):
        add_evidence(row, check_files([file("a.jpg", JPEG)]), by=None)


def test_a_decided_dispute_takes_no_more(known, agent):
    row = said(known.account)
    withdraw(row, why="mistake", by=agent, once=None)
    with pytest.raises(Conflict):
        add_evidence(row, check_files([file("a.png", PNG)]), by=None)
    assert access_dispute(agent, row.pk).evidence.count() == 0
