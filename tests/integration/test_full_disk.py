"""A full disk: nothing half done stays, people are told in words, and whoever runs the service sees it."""

import gc
import io
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from marketplace.core import db, files
from marketplace.core.files import StoredFile
from marketplace.vouchers import service
from tests.factories.accounts import make_sme, sign_in_as
from tests.factories.pages import OpenForm
from tests.factories.programmes import make_call
from tests.factories.vouchers import PDF

KIND = "business_registration"


@pytest.fixture
def form(client: FlaskClient) -> OpenForm:
    client.set_cookie("lang", "en")
    actor = make_sme()
    sign_in_as(client, actor)
    made = OpenForm(client, f"/applications/{service.start_application(make_call().id, actor=actor).id}/evidence")
    made.fields.pop("file", None)
    return made


@contextmanager
def files_end_at(size: int) -> Iterator[None]:
    """No file of this process grows any further, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    sys.dont_write_bytecode = True  # a module that is first imported here would be kept half compiled
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    sys.dont_write_bytecode = False


@pytest.fixture
def no_room(app: Flask) -> Iterator[None]:
    root = files.root()
    files.configure(root, reserve=2**62)
    yield
    files.configure(root)


def on_disk() -> set[str]:
    return {str(path) for path in files.root().rglob("*") if path.is_file()}


# The second is too large for memory: it doesn't even arrive. Werkzeug lets go of what came of it without closing it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("size", [300_000, 1_000_000])
def test_a_file_that_does_not_fit_leaves_nothing(form: OpenForm, client: FlaskClient, size: int) -> None:
    before = on_disk()
    file = FileStorage(io.BytesIO(PDF.ljust(size, b" ")), "proof.pdf")
    boundary, body = encode_multipart({**form.fields, "kind": KIND, "file": file})
    kind = f"multipart/form-data; boundary={boundary}"
    with files_end_at(100_000):
        answer = client.post(form.action, data=body, content_type=kind)
    assert answer.status_code == 507
    assert "The service has no room left" in answer.text
    assert "Nothing was saved" in answer.text
    gc.collect()
    assert on_disk() == before
    assert db.session.scalar(select(func.count()).select_from(StoredFile)) == 0
    assert client.post(form.action, data=body, content_type=kind).status_code == 303


@pytest.mark.usefixtures("no_room")
def test_before_it_is_full_uploads_are_refused_and_readiness_says_so(form: OpenForm, client: FlaskClient) -> None:
    before = on_disk()
    answer = form.send(file=(io.BytesIO(PDF), "proof.pdf"), kind=KIND)
    assert answer.status_code == 422
    assert "has no room for files" in answer.text
    assert form.shown_again(answer).fields["kind"] == [KIND]
    assert on_disk() == before
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json["checks"]["disk"]) == (503, False)
