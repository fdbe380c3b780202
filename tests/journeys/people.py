"""How people come in, in a browser: an account, colleagues by invitation, a company, its application."""

from marketplace.accounts import business_number
from marketplace.demo.people import PASSWORD
from tests.journeys.story import Story
from tests.journeys.visitor import Visitor


def sign_up(visitor: Visitor, email: str, name: str, locale: str) -> None:
    """Open an account and confirm it by the mailed link."""
    visitor.open("/account/sign-up").fill(name=name, email=email, password=PASSWORD, locale=locale).send()
    visitor.open(visitor.mailed_link(email, "/account/confirm/")).fill(password=PASSWORD).send()
    if "/sign-in" in visitor.page.url:
        visitor.sign_in(email, PASSWORD)


def join(story: Story, host: Visitor, guest: Visitor, email: str, name: str, role: str) -> None:
    """Be invited by mail and open an account by the link."""
    host.open("/companies/mine/people/invite").fill(email=email, role=role, locale=story.locale).send()
    guest.context.clear_cookies()
    guest.open(guest.mailed_link(email, "/account/invitation/"))
    guest.fill(name=name, password=PASSWORD, locale=story.locale).send()
    guest.sign_in(email, PASSWORD)


def register_company(visitor: Visitor, story: Story, kind: str, name: str) -> None:
    """Register a company by a business number of its own."""
    visitor.open(f"/companies/new/{kind}").fill(
        name=name,
        business_number=business_number.generate(story.chance),
        representative_name=f"{name} 대표",
        region="seoul",
        address="가상로 1",
        phone="070-0000-0001" if kind == "sme" else "070-0000-0002",
        email=f"office@{kind}.{story.domain}",
        established_on="2010-03-02",
    )
    if visitor.main.locator("[name=sector]").count():
        visitor.fill(sector="manufacturing")
    visitor.send()


def draft_application(story: Story, visitor: Visitor, call: str, name: str) -> str:
    """Fill in everything that a company's application asks for; its address."""
    visitor.open(f"/calls/{story.ids[call]}").follow("/apply/").send()
    story.remember(name, visitor)
    base = f"/applications/{story.ids[name]}"
    visitor.open(f"{base}/facts").fill(sector="manufacturing", employees=42, capital=800_000_000).send()
    visitor.open(f"{base}/need").fill(service_line="operations", need="납기를 지키고 싶습니다.").send()
    for kind in ("business_registration", "employees"):
        visitor.open(f"{base}/evidence").fill(kind=kind, file=story.document(f"{name}-{kind}")).send()
    visitor.open(f"{base}/tasks")
    return base


def submit_application(signatory: Visitor, base: str) -> None:
    """Confirm the declarations and submit; the receipt has a number."""
    signatory.open(f"{base}/check")
    signatory.fill(truthful=True, own_share=True, no_double_funding=True, nothing_back=True).send()
    assert "APP-" in signatory.open(f"{base}/receipt").text()
