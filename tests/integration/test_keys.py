"""Secret keys change without a stop: whatever was made with an older one is believed until that is taken away."""

from __future__ import annotations

import io
from collections.abc import Iterator
from uuid import UUID

import pytest
from click.testing import Result
from cryptography.fernet import InvalidToken
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import BadData
from sqlalchemy import select

from marketplace.core import audit, db, housekeeping, keys
from marketplace.core.actors import VISITOR
from marketplace.core.files import StoredFile
from marketplace.vouchers import service
from tests.factories.accounts import make_sme, sign_in_as
from tests.factories.pages import OpenForm
from tests.factories.programmes import make_call
from tests.factories.vouchers import PDF

OLD, NEW = "an older key", "a newer key"


@pytest.fixture
def strict(app: Flask) -> Iterator[Flask]:
    """The application as it runs: no form without its tokens."""
    before = [app.config["SECRET_KEY"]]
    app.config.update(WTF_CSRF_ENABLED=True, SEEN_REQUIRED=True)
    keys.configure(app, [OLD])
    yield app
    app.config.update(WTF_CSRF_ENABLED=False, SEEN_REQUIRED=False)
    keys.configure(app, before)


def test_pages_that_are_open_go_on_while_the_key_changes(strict: Flask, client: FlaskClient) -> None:
    """Session, token, marks of what was seen, one-time key and the file of a refused form, all of the older key."""
    client.set_cookie("lang", "en")
    actor = make_sme()
    sign_in_as(client, actor)
    page = f"/applications/{service.start_application(make_call().id, actor=actor).id}/evidence"
    form = OpenForm(client, page)
    form.fields.pop("file", None)
    again = form.shown_again(form.send(file=(io.BytesIO(PDF), "proof.pdf")))  # its kind isn't chosen
    again.fields.pop("file", None)
    assert again.fields["file_kept"]
    other = OpenForm(client, page)
    other.fields.pop("file", None)
    profile = OpenForm(client, "/account/profile")
    for known in ([OLD], [NEW, OLD]):  # the second time with the same answer and no effect
        keys.configure(strict, known)
        answer = other.send(file=(io.BytesIO(PDF), "second.pdf"), kind="business_registration")
        assert answer.status_code == 303
    assert db.session.scalars(select(StoredFile.name)).all() == ["second.pdf"]

    assert profile.send(name="Another Name").status_code == 303  # what it showed still stands
    sent = again.send(kind="business_registration")
    assert sent.status_code == 303
    assert "proof.pdf" in client.get(page).text

    keys.configure(strict, [NEW])
    assert client.get(page).status_code == 200  # the session has moved on to the newer key


@pytest.mark.usefixtures("database")
def test_what_was_made_with_a_key_is_believed_until_it_is_taken_away(strict: Flask) -> None:
    signed, hashed, hidden = keys.signer("x").dumps(1), keys.keyed_hash("a"), keys.cipher("x").encrypt(b"a")
    keys.configure(strict, [NEW, OLD])
    assert keys.signer("x").loads(signed) == 1
    assert keys.is_hash_of(hashed, "a")
    assert not keys.is_hash_of(hashed, "b")
    assert keys.cipher("x").decrypt(hidden) == b"a"
    assert keys.keyed_hash("a") != hashed
    with pytest.raises(BadData):
        keys.signer("y").loads(signed)
    fresh = keys.signer("x").dumps(1)
    keys.configure(strict, [NEW])
    assert keys.signer("x").loads(fresh) == 1
    with pytest.raises(BadData):
        keys.signer("x").loads(signed)
    with pytest.raises(InvalidToken):
        keys.cipher("x").decrypt(hidden)
    assert not keys.is_hash_of(hashed, "a")


def audit_command(app: Flask, word: str) -> Result:
    return app.test_cli_runner().invoke(args=["audit", word])


def write(count: int) -> None:
    with db.unit_of_work():
        for number in range(count):
            audit.record(VISITOR, "probe.written", ("probe", UUID(int=number)))


@pytest.mark.usefixtures("real_database")
def test_the_audit_key_changes_and_the_old_one_signs_nothing_new(app: Flask) -> None:
    with app.app_context():
        write(3)
        assert audit_command(app, "seal").exit_code == 0
        old = housekeeping.signing_key()
        write(2)
        changed = audit_command(app, "new-key")
        assert changed.exit_code == 0
        assert "first 5 entries" in changed.output
        assert housekeeping.signing_key().private_bytes_raw() != old.private_bytes_raw()
        write(1)
        audit_command(app, "seal")
        assert audit_command(app, "verify").output.splitlines() == ["6 entries proved, 0 not yet sealed"]

        write(1)
        with db.unit_of_work():
            audit.seal(old)  # whoever has found the old key
        assert "false signature" in audit_command(app, "verify").output
