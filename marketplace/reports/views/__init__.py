"""The pages across areas: start pages and pages about the service, and the books."""

from flask import Blueprint

from marketplace.core import seen

blueprint = Blueprint("reports", __name__)

seen.declare(blueprint, rows={}, nothing={"test_mail": "sends a mail"})

from marketplace.reports.views import books, metrics, pages, setup  # noqa: E402

__all__ = ["blueprint", "books", "metrics", "pages", "setup"]
