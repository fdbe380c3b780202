"""Fifty equal submissions of one form at the same moment: one effect, equal answers."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from sqlalchemy import text

from marketplace.accounts import service
from marketplace.core import db


def test_fifty_equal_submissions_have_one_effect(app, real_database):
    with db.unit_of_work():
        secret = service.register_person("owner@example.org", "공장주", "long enough to be taken", locale="ko")
    with db.unit_of_work():
        service.confirm_email(secret, password="long enough to be taken")
    form = {"email": "owner@example.org", "key": str(uuid4())}

    def send(_number):
        answer = app.test_client().post("/account/forgotten-password", data=form)
        return answer.status_code, answer.location

    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(send, range(50)))
    assert len(answers) == 1
    with db.unit_of_work():
        asked = "SELECT count(*) FROM tokens WHERE purpose LIKE '%password%'"
        assert db.session.scalar(text(asked)) == 1
