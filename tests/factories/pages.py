"""Forms as a browser fills and sends them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse


class OpenForm:
    """The last form of a page that somebody has open; it may be sent at any later time."""

    def __init__(self, client: FlaskClient, path: str, page: TestResponse | None = None) -> None:
        self.client, self.path = client, path
        self.page = client.get(path) if page is None else page
        document = html.document_fromstring(self.page.text)
        form = next(form for form in reversed(document.forms) if form.method == "POST")
        self.action = urljoin(path, form.get("action") or path)
        self.fields: dict[str, Any] = {}
        for name, value in form.form_values():
            # A browser drops the line break that a text area begins with.
            self.fields.setdefault(name, []).append(value.removeprefix("\n") if isinstance(value, str) else value)

    def send(self, **typed: Any) -> TestResponse:
        """Send it with what was typed over what stood in it."""
        return self.client.post(self.action, data=self.fields | typed, content_type="multipart/form-data")

    def shown_again(self, answer: TestResponse) -> OpenForm:
        """The form on the page that came back."""
        return OpenForm(self.client, self.path, answer)
