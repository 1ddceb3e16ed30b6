"""Grace of compliance signs policies off, Amina puts them in force; whatever is uploaded is treated as hostile."""

from __future__ import annotations

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import Event
from compliance.models import PolicyPack
from compliance.pack_register import load_shipped, propose, put_in_force, sign_off
from compliance.packs.reader import MAX_BYTES
from tests.compliance.test_pack_register import body

pytestmark = pytest.mark.django_db


def upload(client, text, name="mine.yaml", token="u1"):
    data = text.encode() if isinstance(text, str) else text
    file = SimpleUploadedFile(name, data, content_type="application/yaml")
    return client.post(reverse("policy_propose"), {"token": token, "file": file})


def written(version="2", *args, **head):
    return yaml.safe_dump(body(version, *args, **head))


@pytest.fixture
def draft(admin):
    return propose(body("1"), by=admin)


def test_the_list_shows_every_version_with_its_place_state_and_how_sure_its_sources_are(lead, sign_in):
    load_shipped()
    answer = sign_in(lead).get(reverse("policy_list"))
    html = answer.content.decode()
    uk = PolicyPack.objects.get(pack_id="uk")
    assert len(answer.context["rows"]) == PolicyPack.objects.count()
    assert all(
        words in html for words in (uk.title, uk.version, "United Kingdom", "source read", "read at second hand")
    )
    drafts = sign_in(lead).get(reverse("policy_list"), {"state": "in_force"})
    assert drafts.context["rows"] == []


def test_every_shipped_pack_is_shown_in_words(lead, sign_in):
    load_shipped()
    client = sign_in(lead)
    for row in PolicyPack.objects.all():
        html = client.get(reverse("policy_page", args=[row.pk])).content.decode()
        assert all(rule["id"] in html for rule in row.body["rules"]), row
    federal = client.get(
        reverse("policy_page", args=[PolicyPack.objects.get(pack_id="us-federal").pk])
    ).content.decode()
    assert "At most 7 attempts in any 7 days in a row, for each person and debt." in federal
    assert "12 CFR 1006.14(b)(2)-(4)" in federal


def test_compliance_signs_with_a_note_and_an_administrator_puts_in_force(draft, admin, compliance_officer, sign_in):
    officer, amina = sign_in(compliance_officer), sign_in(admin)
    page = reverse("policy_page", args=[draft.pk])
    assert "waits for the signature" not in officer.get(page).content.decode()
    sign = {"token": "s1", "note": "Read against the source on Monday.", "read": draft.digest}
    for _ in range(2):
        officer.post(reverse("policy_sign", args=[draft.pk]), sign)
    assert "somebody else has to put it in force" in officer.get(page).content.decode()
    assert officer.post(reverse("policy_force", args=[draft.pk]), {"token": "f1"}).status_code == 409
    amina.post(reverse("policy_force", args=[draft.pk]), {"token": "f2"})
    draft.refresh_from_db()
    assert (draft.state, draft.signed_by, draft.put_in_force_by) == ("in_force", compliance_officer, admin)
    assert "Read against the source on Monday." in amina.get(page).content.decode()
    assert Event.objects.filter(kind="policy.signed_off").count() == 1


def test_nothing_is_signed_without_a_note_or_by_who_proposed_it(compliance_officer, sign_in):
    own = propose(body("1"), by=compliance_officer)
    client = sign_in(compliance_officer)
    html = client.get(reverse("policy_page", args=[own.pk])).content.decode()
    assert "You proposed this version, so somebody else has to sign it." in html
    url = reverse("policy_sign", args=[own.pk])
    said = client.post(url, {"token": "s1", "note": " ", "read": own.digest}, follow=True).content.decode()
    assert "Say what you have checked" in said
    assert client.post(url, {"token": "s2", "note": "fine", "read": own.digest}).status_code == 409
    own.refresh_from_db()
    assert own.state == "draft"


def test_a_draft_that_changed_while_it_was_read_is_not_signed(draft, compliance_officer, sign_in):
    url = reverse("policy_sign", args=[draft.pk])
    answer = sign_in(compliance_officer).post(url, {"token": "s1", "note": "read", "read": "another"})
    assert answer.status_code == 409
    assert "Read it again" in answer.content.decode()


def test_a_new_version_is_compared_with_the_one_in_force(draft, admin, compliance_officer, sign_in):
    put_in_force(sign_off(draft, by=compliance_officer, note="read"), by=admin)
    new = propose(body("2", "09:00"), by=admin)
    html = sign_in(compliance_officer).get(reverse("policy_page", args=[new.pk])).content.decode()
    assert "What differs from version 1, which is in force" in html
    assert "from 08:00 to 21:00" in html and "from 09:00 to 21:00" in html
    against = sign_in(admin).get(reverse("policy_compare", args=[new.pk, draft.pk])).context
    assert (against["before"], against["after"]) == (draft, new)


def test_what_is_in_force_is_taken_back_with_a_reason(draft, admin, compliance_officer, sign_in):
    put_in_force(sign_off(draft, by=compliance_officer, note="read"), by=admin)
    client, url = sign_in(admin), reverse("policy_end", args=[draft.pk])
    client.post(url, {"token": "e1", "reason": " "})
    draft.refresh_from_db()
    assert draft.state == "in_force"
    client.post(url, {"token": "e2", "reason": "the hours were wrong"})
    draft.refresh_from_db()
    assert (draft.state, draft.ended_by, draft.ended_why) == ("superseded", admin, "the hours were wrong")
    assert "the hours were wrong" in client.get(reverse("policy_page", args=[draft.pk])).content.decode()


def test_a_version_is_downloaded_changed_and_proposed_under_another_number(draft, admin, sign_in):
    client = sign_in(admin)
    file = client.get(reverse("policy_file", args=[draft.pk]))
    assert file["Content-Disposition"] == 'attachment; filename="p-1.yaml"'
    changed = yaml.safe_load(file.content)
    changed["pack"]["version"] = "2"
    answer = upload(client, yaml.safe_dump(changed))
    assert answer["Location"] == reverse("policy_page", args=[PolicyPack.objects.get(version="2").pk])
    assert PolicyPack.objects.get(version="2").proposed_by == admin


def test_the_shipped_versions_survive_the_way_out_and_in_again(admin, sign_in):
    load_shipped()
    client = sign_in(admin)
    for row in PolicyPack.objects.all():
        again = yaml.safe_load(client.get(reverse("policy_file", args=[row.pk])).content)
        again["pack"]["version"] = "again"
        assert upload(client, yaml.safe_dump(again), token=f"u{row.pk}").status_code == 302, row
        kept = PolicyPack.objects.get(pack_id=row.pack_id, version="again")
        assert kept.body["rules"] == row.body["rules"]


def test_the_same_upload_twice_is_acted_on_once(admin, sign_in):
    client = sign_in(admin)
    assert [upload(client, written()).status_code for _ in range(2)] == [302, 302]
    assert PolicyPack.objects.count() == 1


def test_a_version_that_is_there_stays_as_it_is(draft, admin, sign_in):
    answer = upload(sign_in(admin), written("1", "09:00"))
    assert answer.status_code == 422
    assert "is there already" in answer.content.decode()
    draft.refresh_from_db()
    assert draft.body["rules"][0]["params"]["allow"][0]["from"] == "08:00"


def many_aliases():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    return "\n".join(lines)


RULE = "rules:\n- {id: R, type: window, scope: {channels: [voice]}, params: {allow: [{from: '08:00', to: '21:00'}]}}\n"
HEAD = "schema: policy-pack/1\npack: {id: p, version: 1}\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "This is not YAML that can be read"),
        ("", "The submitted file is empty."),
        ("just words", "is not a mapping"),
        ("schema: other", "does not say that it follows"),
        ("!!python/object/apply:os.system [id]", "is not allowed"),
        (many_aliases(), "too large when written out"),
        (HEAD + RULE.replace("window", "windwo"), "Did you mean “window”?"),
        (HEAD + RULE.replace("'21:00'", "21:00"), "without quotes"),
        (HEAD + RULE.replace("21:00", "07:00"), "ends before it begins"),
        (HEAD.replace("id: p", 'id: "p\\0"') + RULE, "invisible control character"),
        (HEAD.replace("version: 1", f"version: {'9' * 41}") + RULE, "more than 40 characters"),
        (HEAD.replace("id: p", f"id: {'p' * 61}") + RULE, "more than 60 characters"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"#" * (MAX_BYTES + 1), "bytes"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_a_pack_is_refused_with_words_and_nothing_is_kept(admin, sign_in, text, words):
    answer = upload(sign_in(admin), text)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not PolicyPack.objects.exists()


def test_an_error_names_file_policy_rule_field_and_what_to_do(admin, sign_in):
    html = upload(sign_in(admin), HEAD + RULE.replace("voice", "voise"), name="mine.yaml").content.decode()
    for words in ("mine.yaml", ">p<", ">R<", "scope.channels", "“voise” is not known.", "Did you mean “voice”?"):
        assert words in html


def test_overlapping_versions_in_one_file_are_refused(admin, sign_in):
    def one(version, start):
        return f"- pack: {{id: p, version: {version}, effective: {{from: {start}}}}}\n  " + RULE.replace("\n", "\n  ")

    text = "schema: policy-pack/1\npacks:\n" + one(1, "2026-01-01") + "\n" + one(2, "2026-06-01")
    assert "are in force at the same time" in upload(sign_in(admin), text).content.decode()
    assert not PolicyPack.objects.exists()


def test_words_from_a_pack_are_never_markup_and_a_link_is_only_a_web_address(admin, sign_in):
    bad = body("1", title="<script>alert(1)</script>")
    bad["rules"][0]["cite"] = [{"instrument": "<b>law</b>", "url": "javascript:alert(1)"}]
    row = propose(bad, by=admin)
    html = sign_in(admin).get(reverse("policy_page", args=[row.pk])).content.decode()
    assert "<script>alert" not in html and "<b>law" not in html and "javascript:" not in html
    assert "&lt;b&gt;law&lt;/b&gt;" in html


def test_an_exact_amount_is_kept_exactly(admin, sign_in):
    rule = "rules:\n- {id: R, type: mandate, scope: {rails: [upi_autopay]}, params: {afa_above: 15000.50}}\n"
    upload(sign_in(admin), HEAD + rule)
    html = sign_in(admin).get(reverse("policy_page", args=[PolicyPack.objects.get().pk])).content.decode()
    assert "Above 15000.50 the payer confirms each debit." in html
