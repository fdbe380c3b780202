"""How the agency begins, in a browser: a programme, and calls of it with money from two funders."""

from tests.journeys.story import Story


def publish_programme(story: Story, **rules: object) -> None:
    """A programme from the one on file, with some rules of its own; two funders bear 60 % of the cost."""
    officer = story.officer("programme1").open("/programmes/new?template=coupon-consulting")
    officer.fill(code=f"story-{story.domain}", **rules).send()
    officer.fill(central=40, local=20, sme=40).send()
    story.remember("programme", officer)
    officer.follow("/publish$").send()


def publish_call(
    story: Story, name: str, title: str, *, vouchers: int, opens: float, closes: float, method: str = "first_come"
) -> None:
    """A call that opens and closes so many hours from now; a budget officer appropriates money for its vouchers."""
    officer = story.officer("programme1").open(f"/programmes/{story.ids['programme']}").follow("/calls/new$")
    officer.fill(title_ko=f"{title} {story.domain}", title_en=f"{title} {story.domain}", allocation_method=method)
    officer.fill(description_ko="컨설팅 비용을 지원합니다.", description_en="Pays for consulting.")
    officer.fill(conditions_ko="중소기업만 신청합니다.", conditions_en="Small and medium enterprises alone.")
    officer.fill(opens_at=officer.typed_time(opens), closes_at=officer.typed_time(closes)).send()
    story.remember(name, officer)
    officer.open(f"/calls/{story.ids[name]}").follow("/budget-lines/new$")
    listed = officer.main.locator("[name=funder] option").evaluate_all("all => all.map(each => each.value)")
    first, second = [code for code in listed if code][:2]
    officer.fill(funder=first, amount=8_000_000 * vouchers).send()
    officer.submit(f"/calls/{story.ids[name]}/budget-lines/new", funder=second, amount=4_000_000 * vouchers)
    budget = story.officer("budget1")
    for _ in range(2):
        budget.open("/budget-lines").follow("/appropriate$", row=f"{title} {story.domain}").send()
    story.officer("programme1").open(f"/calls/{story.ids[name]}").follow("/publish$").send()
