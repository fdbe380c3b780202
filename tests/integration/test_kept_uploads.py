"""A file outlives the refusal of its form: it comes back attached, to its sender alone, for a day."""

from __future__ import annotations

import io
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from marketplace.core import db, files, uploads
from marketplace.core.actors import Actor, Role
from marketplace.core.files import StoredFile
from marketplace.vouchers import service
from marketplace.vouchers.models import Evidence
from tests.factories.accounts import make_member, make_sme, sign_in_as
from tests.factories.pages import OpenForm
from tests.factories.programmes import make_call
from tests.factories.vouchers import PDF


@pytest.fixture(autouse=True)
def empty_folder(app: Flask) -> None:
    """Other tests of this process leave files of refused forms behind."""
    for path in waiting():
        path.unlink()


@pytest.fixture
def sme(client: FlaskClient) -> Actor:
    client.set_cookie("lang", "en")
    actor = make_sme()
    sign_in_as(client, actor)
    return actor


@pytest.fixture
def page(sme: Actor) -> str:
    application = service.start_application(make_call().id, actor=sme)
    return f"/applications/{application.id}/evidence"


def waiting() -> list:
    return list((files.root() / "pending").glob("*/*"))


def pdf(name: str = "proof.pdf", content: bytes = PDF) -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def stored() -> list[tuple[str, str]]:
    return list(db.session.execute(select(StoredFile.name, Evidence.kind).join(Evidence).order_by(StoredFile.name)))


def refused(client: FlaskClient, page: str, name: str = "proof.pdf", content: bytes = PDF) -> OpenForm:
    """The form as it comes back when the kind of the file isn't chosen."""
    form = OpenForm(client, page)
    form.fields.pop("file", None)
    answer = form.send(file=pdf(name, content))
    assert answer.status_code == 422
    again = form.shown_again(answer)
    again.fields.pop("file", None)
    return again


def test_a_file_that_is_too_large_leaves_the_rest_of_the_form(client, page, monkeypatch) -> None:
    form = OpenForm(client, page)
    assert f'data-largest="{files.LARGEST_FILE}"' in form.page.text
    monkeypatch.setattr(files, "LARGEST_FILE", len(PDF))
    kind = "business_registration"
    answer = form.send(file=pdf(content=PDF + b"x"), kind=kind)
    assert answer.status_code == 422
    assert "larger than 20 MB" in answer.text
    again = form.shown_again(answer)
    assert (again.fields["kind"], stored(), waiting()) == ([kind], [], [])


def test_the_file_stays_attached_while_another_field_is_wrong(client, page) -> None:
    form = refused(client, page, "증빙 서류.pdf")
    assert "Attached: 증빙 서류.pdf" in form.page.text
    again = form.send()  # wrong once more
    assert again.status_code == 422
    assert len(waiting()) == 1
    answer = OpenForm(client, page, again)
    answer.fields.pop("file", None)
    assert answer.send(kind="business_registration").status_code == 303
    assert stored() == [("증빙 서류.pdf", "business_registration")]
    file = db.session.scalars(select(StoredFile)).one()
    assert files.path(file).read_bytes() == PDF
    assert waiting() == []


def test_a_new_file_takes_the_place_of_the_attached_one(client, page) -> None:
    form = refused(client, page)
    assert form.send(kind="business_registration", file=pdf("other.pdf")).status_code == 303
    assert stored() == [("other.pdf", "business_registration")]


def test_the_attached_file_can_be_removed(client, page) -> None:
    form = refused(client, page)
    answer = form.send(kind="business_registration", file_remove="y")
    assert answer.status_code == 422
    assert "Attached" not in answer.text
    assert stored() == []


def test_a_file_that_is_itself_refused_does_not_stay(client, page) -> None:
    form = OpenForm(client, page)
    answer = form.send(kind="business_registration", file=pdf(content=b"no PDF"))
    assert answer.status_code == 422
    assert "Attached" not in answer.text
    assert waiting() == []


def test_it_belongs_to_its_sender(client, page, sme, app) -> None:
    form = refused(client, page)
    colleague = sign_in_as(app.test_client(), make_member(sme, Role.PREPARER))
    fields = form.fields | {"kind": "business_registration"}
    answer = colleague.post(page, data=fields, content_type="multipart/form-data")
    assert (answer.status_code, stored()) == (422, [])


@pytest.mark.parametrize("token", ["forged", "WyIuLiIsIi4uIiwieCJd.AAAA", ""])
def test_a_forged_reference_names_no_file(client, page, token) -> None:
    form = refused(client, page)
    assert form.send(kind="business_registration", file_kept=token).status_code == 422
    assert stored() == []


def test_a_person_has_five_files_waiting_for_a_day(client, page, clock) -> None:
    forms = [refused(client, page, f"{number}.pdf") for number in range(uploads.MOST + 2)]
    assert len(waiting()) == uploads.MOST
    assert forms[0].send(kind="business_registration").status_code == 422
    assert forms[-1].send(kind="business_registration").status_code == 303
    uploads.delete_old()
    assert len(waiting()) == uploads.MOST - 1
    clock.advance(hours=25)
    sign_in_again = forms[-2].send(kind="business_registration")
    assert sign_in_again.status_code != 303 or "sign-in" in sign_in_again.location
    uploads.delete_old()
    assert waiting() == []


@pytest.mark.parametrize("content", [PDF + b"x" * files.LARGEST_FILE, b""])
def test_a_file_that_is_too_large_or_empty_is_not_kept(app: Flask, content: bytes) -> None:
    with app.test_request_context():
        assert uploads.keep(FileStorage(io.BytesIO(content), "large.pdf"), uuid4()) is None
    assert waiting() == []


def test_a_file_waits_under_a_clean_name_for_nobody_but_its_sender(app: Flask, database: object) -> None:
    with app.test_request_context():
        sender = uuid4()
        token = uploads.keep(FileStorage(io.BytesIO(PDF), "../\u202efolder/proof.pdf"), sender)
        (_token, file) = uploads.take({"file_kept": token}, "file", sender)
        assert (file.filename, file.read()) == ("proof.pdf", PDF)
        assert uploads.take({"file_kept": token}, "file", None) is None
