"""Somebody who walks the tour in a browser as its document says, with one window for everybody they are."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page

from marketplace.demo.documents import word_document
from tests.journeys.visitor import Inspector, Visitor, tick
from tests.tour import FIRST, Step

WORDS = "Written by somebody who walks the tour."
# A session has ended before now; what has a first and a last moment is filled in that order.
HOURS_AGO = (3, 1)
EMPTY = "input[required], textarea[required], select[required]"


class Glance(Inspector):
    """Looks at nothing: the other journeys look at these pages."""

    def look(self, page: Page) -> None:
        """Go on."""


class Walker(Visitor):
    """Does one step after the other."""

    def __init__(self, browser: Browser, base_url: str, folder: Path) -> None:
        super().__init__(browser, base_url, Glance("en", 1280, axe_reads_one_in=1))
        self.folder, self.files = folder, 0
        self.open("/demo?lang=en")

    def take(self, step: Step) -> None:
        """Do what the step says; whatever isn't there fails with the words of the page."""
        try:
            getattr(self, "_" + step.verb.replace(" ", "_"))(step)
        except Exception as error:
            raise AssertionError(
                f"{step} on {self.page.url}:\n{self.page.locator('body').inner_text()[:3000]}"
            ) from error

    def _sign_in_as(self, step: Step) -> None:
        """By one click on the list of sign-ins: the address begins as typed, in the group that is named."""
        self.open("/demo")
        group = self.main.locator("section", has=self.page.get_by_role("heading", name=step.read))
        person = (group if step.read else self.main).locator("li", has_text=re.compile(rf"\b{re.escape(step.typed)}"))
        self.until(lambda: person.count() > 0)
        self._click(person.first.get_by_role("button"))

    def _sign_out(self, step: Step) -> None:
        self._click(self.page.locator(".site-tools").get_by_role("button"))

    def _open(self, step: Step) -> None:
        self._click(self.page.locator(".site-nav").get_by_role("link", name=step.label, exact=True))

    def _press(self, step: Step) -> None:
        """A link or button, in the row or part of the page with certain words if the step names some."""
        if step.label == FIRST:
            self._click(self.main.locator("tbody a, .task-list a").first)
        else:
            self._click(self._find(step.label, ("button", "link"), beside=step.read))

    def _choose(self, step: Step) -> None:
        found = self._find(step.label, ("radio", "checkbox", "option"))
        if found.evaluate("each => each.tagName") == "OPTION":
            found.locator("xpath=ancestor::select").select_option(label=found.inner_text())
        else:
            tick(found)

    def _fill_in(self, step: Step) -> None:
        for field in self._fields(step.label):
            field.fill(self._typed(step.typed))

    def _fill_in_the_rest(self, step: Step) -> None:
        """Whatever must be filled in and isn't yet, with anything that fits."""
        form = self.main.locator('form[method="post"]').last
        for name in self._groups(form):
            group = form.locator(f'[name="{name}"]')
            if group.locator(":scope:checked").count() == 0:
                for box in group.all() if group.first.get_attribute("type") == "checkbox" else [group.first]:
                    tick(box)
        moments = iter(HOURS_AGO)
        for field in form.locator(EMPTY).all():
            if not field.input_value():
                self._fill_any(field, moments)

    def _you_see(self, step: Step) -> None:
        """Words of the page; what is done in the background is there within seconds, when it is loaded again."""
        words = (step.read, step.label)
        self.until(lambda: all(each in self.page.locator("body").inner_text() for each in words))

    def _find(self, name: str, roles: Sequence[Any], *, beside: str = "") -> Locator:
        """The first of these with this name: in the page itself, else in what stands around it. A name may go on with
        words for screen readers; one with an open end goes on with what the tour can't know."""
        end = "" if name.endswith("…") else r"(\W|$)"
        wanted = re.compile(rf"^\s*{re.escape(name.rstrip('…'))}{end}")
        row = self.main.locator("tr, li", has_text=beside)
        for place in [row] if beside else (self.main, self.page.locator("body")):
            for role in roles:
                found = place.get_by_role(role, name=wanted)
                if found.count():
                    return found.first
        raise AssertionError(f"no “{name}” {beside}")

    def _fields(self, label: str) -> list[Locator]:
        """Every field whose label begins like this."""
        fields = self.main.get_by_label(re.compile(rf"^\s*{re.escape(label.rstrip('…'))}")).all()
        assert fields, f"no “{label}”"
        return fields

    def _groups(self, form: Locator) -> list[str]:
        """The names of the form's choices and ticks that must be answered."""
        names = form.locator("input[type=radio], input[type=checkbox]").evaluate_all(
            "all => all.filter(each => !each.closest('fieldset, .form-group').textContent.includes('(optional)'))"
            ".map(each => each.name)"
        )
        return list(dict.fromkeys(names))

    def _fill_any(self, field: Locator, moments: Iterator[int]) -> None:
        kind = field.get_attribute("type") or field.evaluate("each => each.tagName.toLowerCase()")
        if kind == "select":
            field.select_option(index=1)
        elif kind == "file":
            field.set_input_files(str(self._document()))
        elif kind == "datetime-local":
            field.fill(self.typed_time(-next(moments)))
        elif kind == "date":
            field.fill(self._typed("today"))
        else:
            field.fill("5" if field.get_attribute("inputmode") == "numeric" else WORDS)

    def _typed(self, text: str) -> str:
        """What the document says is typed; a day is meant from the agency's own today."""
        days = {"today": 0, "today + 7 days": 7}.get(text)
        return text if days is None else f"{self.business_time() + timedelta(days=days):%Y-%m-%d}"

    def _document(self) -> Path:
        """A Word file that is like no other."""
        self.files += 1
        path = self.folder / f"tour-{self.files}.docx"
        path.write_bytes(
            word_document([f"{WORDS} {self.files} {number * self.files}" for number in range(40)]).getvalue()
        )
        return path
