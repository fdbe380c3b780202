"""Somebody at a browser: opens pages, fills forms, and looks whether each page is sound for everybody."""

import io
import re
import time
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from lxml import html
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Response

AXE = (Path(__file__).with_name("axe.min.js")).read_text()
# Desktop and phone: no page may be too wide for either, whichever of them the story is told in.
WIDTHS = (1280, 360)
SEOUL = ZoneInfo("Asia/Seoul")
ADDRESSES = "all => all.map(each => each.getAttribute('href'))"
CHANGING = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/)(?=[^/]*[0-9A-Z])[\w-]{15,}")
# What axe reports as "incomplete" is for people; its findings are faults.
RUN_AXE = """() => axe.run(document, {resultTypes: ['violations'], preload: false}).then(found => found.violations.map(
    each => each.id + ': ' + each.nodes.slice(0, 2).map(node => node.html.slice(0, 160)).join(' | ')))"""


def tick(field: Locator) -> None:
    """Choose a radio or checkbox by the keyboard, which no layout can get in the way of."""
    if not field.is_checked():
        field.press("Space")
    assert field.is_checked(), field.evaluate("each => each.outerHTML")


def place_of(address: str) -> str:
    """What the page at an address is called: its path, with a star for whatever changes."""
    return CHANGING.sub("*", urlsplit(address).path.lstrip("/"))


def typed(value: object) -> Any:
    """A value as a form sends it."""
    if isinstance(value, Path):
        return {"name": value.name, "mimeType": "application/octet-stream", "buffer": value.read_bytes()}
    return "y" if value is True else str(value)


class Inspector:
    """What was looked at so far in one language at one width, and what was wrong with it.

    Axe costs as much as all else in a journey: it reads one in so many kinds of pages, or each.
    """

    def __init__(self, locale: str, width: int, *, axe_reads_one_in: int = 1) -> None:
        self.locale, self.width, self.axe_reads_one_in = locale, width, axe_reads_one_in
        self.seen: set[str] = set()
        self.faults: dict[str, list[str]] = {}

    def look(self, page: Page) -> None:
        """Check a page the first time it is seen: one h1, no finding of axe; on desktop and phone nothing too wide."""
        place = place_of(page.url)
        if place in self.seen:
            return
        self.seen.add(place)
        faults = [] if page.locator("h1").count() == 1 else ["not one h1"]
        for width in sorted(WIDTHS, key=lambda size: size == self.width):
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"):
                faults.append(f"wider than the window at {width}")
        if zlib.crc32(f"{self.locale} {place}".encode()) % self.axe_reads_one_in == 0:
            page.evaluate(AXE)
            faults += page.evaluate(RUN_AXE)
        if faults:
            self.faults[place] = faults


class Visitor:
    """One person in a browser window of their own."""

    def __init__(self, browser: Browser, base_url: str, inspector: Inspector) -> None:
        self.inspector = inspector
        self.context = browser.new_context(
            base_url=base_url,
            locale="ko-KR" if inspector.locale == "ko" else "en-GB",
            viewport={"width": inspector.width, "height": 800},
            accept_downloads=True,
        )
        self.context.set_default_timeout(30_000)
        self.page = self.context.new_page()
        self.main = self.page.locator("#main")

    def close(self) -> None:
        """Shut the window."""
        self.context.close()

    def open(self, address: str) -> "Visitor":
        """Go to an address."""
        return self._arrived(self.page.goto(address))

    def follow(self, address: str, *, row: str = "") -> "Visitor":
        """Follow the first link on the page, or in the table's row with these words, whose address matches."""
        links = (self.main.locator("tr", has_text=row) if row else self.main).locator("a[href]")
        for number, link in enumerate(links.evaluate_all(ADDRESSES)):
            if re.search(address, link):
                return self._click(links.nth(number))
        raise AssertionError(f"no link to {address} on {self.page.url}:\n{self.main.inner_text()[:1500]}")

    def has_link(self, address: str) -> bool:
        """Whether the page links to such an address."""
        return any(re.search(address, link) for link in self.main.locator("a[href]").evaluate_all(ADDRESSES))

    def fill(self, **values: object) -> "Visitor":
        """Fill fields by name: text, a choice, a list of ticks, True for one tick, a file by its path."""
        for name, value in values.items():
            self._fill_one(name, value)
        return self

    def send(self, at: str = "") -> "Visitor":
        """Press the button of the page's form, or of the form that posts to such an address; it must be taken."""
        forms = self.main.locator('form[method="post"]')
        fitting = [form for form in forms.all() if re.search(at, form.get_attribute("action") or "")]
        assert fitting, f"no form for {at!r} on {self.page.url}:\n{self.main.inner_text()[:1500]}"
        self._click(fitting[-1].locator("button[type=submit]").first)
        refusal = self.page.locator(".error-summary")
        assert not refusal.count(), f"{self.page.url}: {refusal.inner_text()}"
        return self

    def submit(self, address: str, /, **values: object) -> "Visitor":
        """Fill in a page's form and send it: in the window until the page was looked at, from then on beside it."""
        if place_of(address) not in self.inspector.seen:
            return self.open(address).fill(**values).send()
        form = [form for form in self._read(address).forms if form.method == "POST"][-1]
        given = {name: typed(value) for name, value in values.items()}
        answer = self.context.request.post(form.action or address, multipart={**dict(form.form_values()), **given})
        refusals = html.fromstring(answer.text()).find_class("error-summary")
        assert not refusals, f"{address}: {refusals[0].text_content()}"
        assert answer.ok, f"{answer.status} at {address}"
        return self

    def text(self) -> str:
        """What the page says."""
        return self.main.inner_text()

    def until(self, condition: Callable[[], bool], *, seconds: float = 90) -> "Visitor":
        """Load the page again until something that happens in the background is seen on it."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not within {seconds} s on {self.page.url}:\n{self.text()[:1500]}"
            time.sleep(0.5)
            self.page.reload()
        self.inspector.look(self.page)
        return self

    def sign_in(self, email: str, password: str) -> "Visitor":
        """Sign in as somebody else than before."""
        self.context.clear_cookies()
        return self.submit(f"/account/sign-in?lang={self.inspector.locale}", email=email, password=password)

    def mailed_link(self, address: str, path: str) -> str:
        """The link to such a path in the newest mail to somebody that has one."""
        for mail in self._read(f"/demo/outbox?address={address}").xpath("//th/a/@href"):
            for link in self._read(mail).xpath("//*[@class='mail-text']/a/@href"):
                if path in link:
                    return str(link)
        raise AssertionError(f"no mail with a link to {path} to {address}")

    def business_time(self) -> datetime:
        """What time it is for the agency, in its zone."""
        told = self.context.request.get("/healthz").json()["time"]
        return datetime.fromisoformat(told).astimezone(SEOUL)

    def advance(self, span: str) -> "Visitor":
        """Move business time on by the page of the demo."""
        return self.submit("/demo/clock", span=span)

    def typed_time(self, hours: float) -> str:
        """A moment so many hours from now, as one types it."""
        return (self.business_time() + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")

    def picture(self, path: Path) -> None:
        """Keep what the window shows, from the top of the page, as a small picture."""
        self.page.evaluate("window.scrollTo(0, 0)")
        shown = Image.open(io.BytesIO(self.page.screenshot(animations="disabled")))
        shown.convert("RGB").quantize(96).save(path, optimize=True)

    def _read(self, address: str) -> html.HtmlElement:
        """The main part of a page, asked for beside the window."""
        answer = self.context.request.get(address)
        assert answer.ok, f"{answer.status} at {address}"
        return html.fromstring(answer.text()).get_element_by_id("main")

    def _click(self, button: Locator) -> "Visitor":
        with self.page.expect_navigation() as navigation:
            button.click()
        return self._arrived(navigation.value)

    def _arrived(self, response: Response | None) -> "Visitor":
        assert response is not None
        assert response.status < 400 or self.page.locator(".error-summary").count(), (
            f"{response.status} at {response.url}:\n{self.page.locator('body').inner_text()[:800]}"
        )
        self.inspector.look(self.page)
        return self

    def _fill_one(self, name: str, value: object) -> None:
        fields = self.main.locator(f'[name="{name}"]')
        kind = fields.first.get_attribute("type") or fields.first.evaluate("each => each.tagName.toLowerCase()")
        if isinstance(value, list):
            for choice in value:
                tick(self.main.locator(f'[name="{name}"][value="{choice}"]'))
        elif kind == "radio":
            tick(self.main.locator(f'[name="{name}"][value="{value}"]'))
        elif value is True:
            tick(fields.first)
        elif kind == "select":
            fields.first.select_option(str(value))
        elif kind == "file":
            fields.first.set_input_files(str(value))
        else:
            # The last one: a page may have a hidden twin of a field, such as a button's span.
            fields.last.fill(str(value))
