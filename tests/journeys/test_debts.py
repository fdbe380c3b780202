"""A firm that owes the agency money: it finds the debt, pays a part of what is overdue, and sees it booked."""

import pytest

from tests.journeys.story import Story, told

pytestmark = pytest.mark.journey
PART = 1_000


@told("english-phone")
def test_a_part_of_a_debt_is_paid(story: Story) -> None:
    firm = story.firm.open(f"/demo?lang={story.locale}")
    firm.main.locator("section").last.locator("li", has_text="manager@").get_by_role("button").click()
    firm.page.wait_for_url("/")
    firm.open("/receivables").follow("/receivables/[0-9a-f-]{36}$")
    assert firm.main.locator(".notice").count(), "what to do now"
    address = firm.page.url
    receipts = firm.main.locator("a[href*='/receipts/']").count()
    firm.open("/demo/bank").follow("/demo/bank/debts/").fill(amount=PART).send()
    firm.open(address).until(lambda: firm.main.locator("a[href*='/receipts/']").count() == receipts + 1)
    assert f"{PART:,}" in firm.text()
    firm.open("/claims").follow("/claims/[0-9a-f-]{36}$")
