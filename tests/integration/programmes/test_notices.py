"""The notice of a call: whole before publication, frozen afterwards, corrected by two people for everybody to see."""

from __future__ import annotations

import io
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from marketplace.core import db
from marketplace.core.actors import SYSTEM, VISITOR, Role
from marketplace.core.errors import DomainError, Forbidden, Invalid, NotFound
from marketplace.notifications.models import Message
from marketplace.programmes import queries, rules, service
from marketplace.vouchers import service as vouchers
from tests.factories.accounts import make_member, make_officer, make_sme, sign_in_as
from tests.factories.programmes import NOTICE, PDF, attach, make_amendment, make_call, upload
from tests.factories.vouchers import make_draft

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize("part", ["description", "conditions"])
def test_a_call_is_published_with_both_texts_in_both_languages(part: str) -> None:
    call, officer = make_call(published=False), make_officer(Role.PROGRAMME_OFFICER)
    setattr(call, part, {"ko": "한국어로만", "en": ""})
    with pytest.raises(rules.Incomplete) as refused:
        service.publish_call(call.id, actor=officer)
    assert len(refused.value.missing) == 1


def frozen(statement: str, **values: object) -> None:
    with pytest.raises(IntegrityError) as error, db.session.begin_nested():
        db.session.execute(text(statement), values)
    assert error.value.orig is not None
    assert error.value.orig.diag.constraint_name == "frozen"  # type: ignore[attr-defined]


def test_what_is_published_is_frozen_in_the_database_too() -> None:
    call = make_call(files=[upload()])
    frozen("UPDATE calls SET conditions = description WHERE id = :id", id=call.id)
    frozen("UPDATE call_files SET title = '{}' WHERE call_id = :id", id=call.id)
    frozen("DELETE FROM call_files WHERE call_id = :id", id=call.id)
    again = "INSERT INTO call_files (call_id, file_id, title, created_by)"
    frozen(f"{again} SELECT call_id, file_id, title, created_by FROM call_files WHERE call_id = :id", id=call.id)
    amendment = make_amendment(call, upload=upload("more"))
    service.publish_amendment(amendment.id, actor=make_officer(Role.PROGRAMME_OFFICER))
    frozen("UPDATE amendments SET conditions = '{}' WHERE id = :id", id=amendment.id)
    frozen("DELETE FROM call_files WHERE amendment_id = :id", id=amendment.id)
    with pytest.raises(DomainError):
        service.add_call_file(call.id, upload(), actor=make_officer(Role.PROGRAMME_OFFICER))


def test_a_file_of_a_draft_is_the_agencys_and_is_taken_away_again() -> None:
    call, officer = make_call(published=False), make_officer(Role.PROGRAMME_OFFICER)
    file = attach(call)
    with pytest.raises(NotFound):
        queries.get_call_file(file.id, actor=VISITOR)
    with pytest.raises(Forbidden):
        service.remove_call_file(file.id, actor=make_sme())
    service.remove_call_file(file.id, actor=officer)
    assert queries.notice(call).files == []
    bad = service.Upload(io.BytesIO(b"MZ"), "notice.pdf", {"ko": "가", "en": "A"})
    with pytest.raises(Invalid):
        service.add_call_file(call.id, bad, actor=officer)
    untitled = service.Upload(io.BytesIO(PDF), "notice.pdf", {"ko": "가", "en": ""})
    with pytest.raises(Invalid) as refused:
        service.add_call_file(call.id, untitled, actor=officer)
    assert refused.value.field == "title_en"


def test_an_amendment_is_written_by_one_and_published_by_another() -> None:
    writer, other = make_officer(Role.PROGRAMME_OFFICER), make_officer(Role.PROGRAMME_OFFICER)
    call = make_call(files=[upload("old")])
    old = queries.notice(call).files[0]
    amendment = make_amendment(call, officer=writer, upload=upload("new", replaces_id=old.id))
    new = queries.files_of_amendment(amendment.id)[0]
    assert (queries.notice(call).conditions, queries.notice(call).corrections) == (NOTICE["conditions"], [])
    with pytest.raises(NotFound):
        queries.get_call_file(new.id, actor=VISITOR)
    for actor, refusal in ((writer, DomainError), (make_officer(Role.BUDGET_OFFICER), Forbidden)):
        with pytest.raises(refusal):
            service.publish_amendment(amendment.id, actor=actor)
    with pytest.raises(IntegrityError, match="published_by"), db.session.begin_nested():
        own = "UPDATE amendments SET published_by = created_by, published_at = now() WHERE id = :id"
        db.session.execute(text(own), {"id": amendment.id})
    with pytest.raises(IntegrityError, match="uq_amendments_proposed"), db.session.begin_nested():
        make_amendment(call)
    service.publish_amendment(amendment.id, actor=other)
    with pytest.raises(DomainError):
        service.publish_amendment(amendment.id, actor=other)
    with pytest.raises(DomainError):
        service.withdraw_amendment(amendment.id, actor=writer)
    notice = queries.notice(call)
    assert (notice.conditions, notice.files) == (amendment.conditions, [new])
    [correction] = notice.corrections
    assert (correction.description_was, correction.conditions_was) == (None, NOTICE["conditions"])
    assert list(correction.files) == [(new, old)]
    assert queries.get_call_file(old.id, actor=VISITOR) is old
    later = make_amendment(call, conditions=NOTICE["conditions"])
    service.publish_amendment(later.id, actor=writer)
    assert queries.notice(call).corrections[0].conditions_was == amendment.conditions


def test_an_amendment_says_something_of_a_published_call() -> None:
    officer, call = make_officer(Role.PROGRAMME_OFFICER), make_call()
    with pytest.raises(Invalid) as refused:
        make_amendment(call, conditions=NOTICE["conditions"])
    assert refused.value.field == "description_ko"
    with pytest.raises(Invalid) as refused:
        make_amendment(call, reason={"ko": "", "en": "Why"})
    assert refused.value.field == "reason_ko"
    with pytest.raises(Invalid) as refused, db.session.begin_nested():
        make_amendment(call, upload=upload(replaces_id=uuid4()))
    assert refused.value.field == "replaces"
    with pytest.raises(DomainError):
        make_amendment(make_call(published=False))
    with pytest.raises(Forbidden):
        make_amendment(call, officer=make_sme())
    amendment = make_amendment(call, upload=upload())
    service.withdraw_amendment(amendment.id, actor=officer)
    assert queries.find_proposed_amendment(call.id) is None
    make_amendment(call)


def test_whoever_applied_is_told_once_of_an_amendment() -> None:
    sme, gone, call = make_sme(), make_sme(), make_call()
    make_member(sme, Role.PREPARER)
    make_draft(call, sme)
    vouchers.withdraw(make_draft(call, gone).id, actor=gone)
    amendment = make_amendment(call)
    service.publish_amendment(amendment.id, actor=make_officer(Role.PROGRAMME_OFFICER))
    for _ in range(2):
        vouchers.tell_of_amendment(amendment.id, actor=SYSTEM)
    told = db.session.scalars(select(Message).where(Message.template == "vouchers/amended")).all()
    assert len(told) == 2
    assert {message.data["path"] for message in told} == {f"/calls/{call.id}"}
    with pytest.raises(Forbidden):
        vouchers.tell_of_amendment(amendment.id, actor=sme)


def test_everybody_reads_the_notice_and_its_correction_without_an_account(client: FlaskClient) -> None:
    writer, other = make_officer(Role.PROGRAMME_OFFICER), make_officer(Role.PROGRAMME_OFFICER)
    call = make_call(published=False)
    page, draft_file = f"/calls/{call.id}", attach(call)
    assert client.get(f"/call-files/{draft_file.id}").status_code == 404
    sign_in_as(client, writer)
    sent = {"title_ko": "서식", "title_en": "Form", "file": (io.BytesIO(PDF), "form.pdf"), "key": str(uuid4())}
    files = f"{page}/files"
    assert client.post(files, data=sent, content_type="multipart/form-data").status_code == 303
    assert "form.pdf" in client.get(files).text
    assert client.get(f"/call-files/{draft_file.id}/remove").status_code == 200
    assert "Notice notice" in client.get(f"{page}/publish?lang=en").text
    service.publish_call(call.id, actor=writer)
    assert client.get(files).status_code == 409
    form = f"{page}/amendments/new"
    assert NOTICE["conditions"]["ko"] in client.get(form).text
    texts = {f"{name}_{code}": value for name in NOTICE for code, value in NOTICE[name].items()}
    typed = texts | {"reason_ko": "오류", "reason_en": "A slip", "conditions_en": "Small enterprises may apply."}
    answer = client.post(form, data=typed | {"key": str(uuid4())}, content_type="multipart/form-data")
    assert answer.status_code == 303
    assert answer.location is not None
    assert "Another officer must publish it" in client.get(answer.location).text
    assert "waits for a second officer" in client.get(page).text
    sign_in_as(client, other)
    assert "Small enterprises may apply." in client.get(answer.location).text
    assert client.post(answer.location, data={"key": str(uuid4())}).status_code == 303
    client.delete_cookie("session")
    read = client.get(page).text
    for words in ("Pays for consulting.", "In three stages.", NOTICE["conditions"]["en"], "A slip", "form.pdf"):
        assert words in read
    with client.get(f"/call-files/{draft_file.id}") as download:
        assert download.data.startswith(PDF)
        assert download.headers["Content-Disposition"].startswith("attachment")
