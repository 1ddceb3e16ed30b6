"""Wang Fang says that something about her debt is wrong, and the papers she has."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from accounts.models import Account, Hold
from payments.disputes.deciding import Decision, decide
from payments.disputes.opening import Telling, open_dispute
from payments.models import DebtDispute


def said(account: Account, reason: str = "wrong_amount", text: str = "I paid half in May", **fields) -> DebtDispute:
    by, via = fields.pop("by", None), fields.pop("via", "page")
    opened = open_dispute(account, Telling(reason, text, **fields), via=via, by=by)
    assert opened is not None
    return opened[0]


def decided(dispute: DebtDispute, by, outcome: str = "upheld", answer: str = "You are right. We are sorry.", **fields):
    token = fields.pop("token", f"t{dispute.pk}{outcome}")
    return decide(dispute, Decision(outcome, answer, "Looked at the statement", **fields), by=by, token=token)


def held(account: Account) -> bool:
    return Hold.objects.filter(account=account, kind="dispute", ends_at=None).exists()


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (120, 160, 90)).save(out, kind)
    return out.getvalue()


def pdf(text: str = "Receipt") -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.drawString(100, 700, text)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_of(width: int, height: int, packed: bytes, *, more: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + more + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def pdf_with(stream: bytes = b"", *, words: bytes = b"", described: bytes = b"/Filter /FlateDecode") -> bytes:
    body = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog " + words + b" >>\nendobj\n"
    if stream:
        length = str(len(stream)).encode()
        body += (
            b"2 0 obj\n<< " + described + b" /Length " + length + b" >>\nstream\n" + stream + b"\nendstream\nendobj\n"
        )
    return body + b"trailer << /Root 1 0 R >>\nstartxref\n0\n%%EOF\n"


def file(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/octet-stream")


def read(pdf: bytes) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext on this machine")
    command = ["pdftotext", "-layout", "-", "-"]
    return subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()
