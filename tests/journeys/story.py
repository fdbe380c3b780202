"""The people of the whole story, and what they keep of it: documents, ids of what they made, pictures."""

from pathlib import Path
from random import Random

import pytest
from playwright.sync_api import Browser

from marketplace.demo.documents import word_document
from marketplace.demo.people import PASSWORD
from tests.architecture.source import ROOT
from tests.journeys.visitor import Inspector, Visitor

SCREENSHOTS = ROOT / "docs" / "screenshots"
TELLINGS = {"korean-desktop": ("ko", 1280), "english-phone": ("en", 360)}


def told(first: str) -> pytest.MarkDecorator:
    """Tell a story in both languages, each at its own width; in the short run, as the first one alone."""
    tellings = [
        pytest.param(telling, id=name, marks=[] if name == first else pytest.mark.slow)
        for name, telling in TELLINGS.items()
    ]
    return pytest.mark.parametrize("story", tellings, indirect=True)


class Story:
    """The people of one telling, in one language at one width."""

    def __init__(
        self, browser: Browser, base_url: str, inspector: Inspector, folder: Path, tale: str, pictures: bool = False
    ) -> None:
        self.folder, self.locale, self.pictures = folder, inspector.locale, pictures
        self.domain = f"{tale}.{inspector.locale}-{inspector.width}.example"
        self.chance = Random(self.domain)
        # In English the work is so large that two officers approve its claim.
        self.large = inspector.locale == "en"
        self.price = 10_321_000 if self.large else 4_321_000
        self.visitor, self.company, self.firm = (Visitor(browser, base_url, inspector) for _ in range(3))
        self.agency = Visitor(browser, base_url, inspector)
        self.everybody = (self.visitor, self.company, self.firm, self.agency)
        self.ids: dict[str, str] = {}

    def officer(self, name: str) -> Visitor:
        """Somebody of the agency, signed in."""
        return self.agency.sign_in(f"{name}@agency.example", PASSWORD)

    def document(self, name: str, *words: str) -> Path:
        """A Word file to upload."""
        path = self.folder / f"{self.domain}-{name}.docx"
        paragraphs = [*words, *(f"{self.domain} {name} {self.chance.random()} {n}" for n in range(40))]
        path.write_bytes(word_document(paragraphs).getvalue())
        return path

    def show(self, visitor: Visitor, name: str) -> None:
        """Keep a picture of the page for docs/tour.md, where they were asked for."""
        if self.pictures:
            visitor.picture(SCREENSHOTS / f"tour-{name}-{self.locale}.png")

    def remember(self, name: str, visitor: Visitor) -> None:
        """Keep the id in the address of the page."""
        self.ids[name] = visitor.page.url.partition("?")[0].rstrip("/").split("/")[4]
