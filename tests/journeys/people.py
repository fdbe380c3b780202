"""How people come in, in a browser: an account, colleagues by invitation, a company, its application."""

from marketplace.accounts import business_number
from marketplace.demo.people import PASSWORD
from tests.journeys.story import Story
from tests.journeys.visitor import Visitor


def sign_up(visitor: Visitor, email: str, name: str, locale: str) -> None:
    """Open an account and confirm it by the mailed link."""
    visitor.submit("/account/sign-up", name=name, email=email, password=PASSWORD, locale=locale)
    visitor.submit(visitor.mailed_link(email, "/account/confirm/"), password=PASSWORD)


def join(story: Story, host: Visitor, guest: Visitor, email: str, name: str, role: str) -> None:
    """Be invited by mail and open an account by the link."""
    host.submit("/companies/mine/people/invite", email=email, role=role, locale=story.locale)
    guest.context.clear_cookies()
    link = guest.mailed_link(email, "/account/invitation/")
    guest.submit(link, name=name, password=PASSWORD, locale=story.locale)
    guest.sign_in(email, PASSWORD)


def register_company(visitor: Visitor, story: Story, kind: str, name: str) -> None:
    """Register a company by a business number of its own."""
    visitor.submit(
        f"/companies/new/{kind}",
        name=name,
        business_number=business_number.generate(story.chance),
        representative_name=f"{name} 대표",
        region="seoul",
        address="가상로 1",
        phone="070-0000-0001" if kind == "sme" else "070-0000-0002",
        email=f"office@{kind}.{story.domain}",
        established_on="2010-03-02",
        sector="manufacturing",
    )


def verify_company(officer: Visitor, name: str) -> None:
    """Compare what a company handed in, and find nothing wrong."""
    officer.open("/verification/queue?status=waiting").follow("/verification/[0-9a-f-]{36}$", row=name)
    officer.fill(decision="yes").send()


def draft_application(story: Story, visitor: Visitor, call: str, name: str) -> str:
    """Fill in everything that a company's application asks for; its address."""
    visitor.open(f"/calls/{story.ids[call]}").follow("/apply/").send()
    story.remember(name, visitor)
    base = f"/applications/{story.ids[name]}"
    sales = {"sales_year_1": 4_800_000_000, "sales_year_2": 4_500_000_000, "sales_year_3": 4_100_000_000}
    visitor.submit(f"{base}/facts", industry="C25", employees=42, total_assets=3_900_000_000, **sales)
    visitor.submit(f"{base}/need", service_line="operations", need="납기를 지키고 싶습니다.")
    for kind in ("business_registration", "employees"):
        visitor.submit(f"{base}/evidence", kind=kind, file=story.document(f"{name}-{kind}"))
    visitor.open(f"{base}/tasks")
    return base


def submit_application(signatory: Visitor, base: str) -> None:
    """Confirm the declarations and submit; the receipt has a number."""
    signatory.submit(f"{base}/check", truthful=True, own_share=True, no_double_funding=True, nothing_back=True)
    assert "APP-" in signatory.open(f"{base}/receipt").text()
