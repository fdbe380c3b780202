"""What reviewers see of documents in any format: copies of one another, and what couldn't be read."""

import io
from html import unescape

import pytest
from flask.testing import FlaskClient
from pypdf import PdfWriter

from marketplace.core.actors import Role
from marketplace.engagements import queries, service
from marketplace.engagements.models import Engagement
from tests.conftest import MovableClock
from tests.factories import containers, milestones
from tests.factories import engagements as make
from tests.factories.accounts import make_officer, sign_in_as
from tests.milestones import Tale

pytestmark = pytest.mark.usefixtures("database")

WORDS = " ".join(f"발견{number} 조치{number} 효과{number}" for number in range(120))


@pytest.fixture(scope="session")
def begins() -> Tale:
    return milestones.story


@pytest.fixture
def story(told: make.Story) -> make.Story:
    return told


def upload(story: make.Story, engagement: Engagement, content: bytes, name: str) -> None:
    stage = queries.find_stage_under_way(engagement.id)
    assert stage is not None
    service.upload_deliverable(stage.id, actor=story.manager, title=name, stream=io.BytesIO(content), filename=name)
    make.compare_all(engagement)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (containers.hwp(WORDS), "보고서.hwp"),
        (containers.hwpx(WORDS), "보고서.hwpx"),
        (containers.docx("\u00ad".join(WORDS), main="word/document2.xml"), "보고서.docx"),
    ],
)
def test_a_copy_is_found_in_every_format(clock: MovableClock, story: make.Story, content: bytes, name: str) -> None:
    first, second = make.make_engagement(story), make.make_engagement(story, dict.fromkeys(make.STAGES, 1_000_000))
    upload(story, first, containers.docx(WORDS), "report.docx")
    clock.advance(minutes=1)
    upload(story, second, content, name)
    (likeness,) = queries.likenesses_of(second.id)
    assert likeness.similarity_percent == 100


def test_a_reviewer_is_told_what_could_not_be_read(client: FlaskClient, story: make.Story) -> None:
    engagement = make.make_engagement(story)
    scan, target = PdfWriter(), io.BytesIO()
    scan.add_blank_page(width=10, height=10)
    scan.write(target)
    upload(story, engagement, target.getvalue(), "scan.pdf")
    upload(story, engagement, containers.hwp(WORDS, flags=4), "배포용.hwp")
    upload(story, engagement, containers.hwp(WORDS), "읽힘.hwp")
    sign_in_as(client, make_officer(Role.PROGRAMME_OFFICER))
    page = unescape(client.get(f"/engagements/{engagement.id}?lang=en").text)
    for name, unread in (("scan.pdf", True), ("배포용.hwp", True), ("읽힘.hwp", False)):
        assert (f"The words of “{name}” can't be read" in page) is unread
