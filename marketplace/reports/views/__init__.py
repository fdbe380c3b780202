"""The pages across areas: start pages and pages about the service, and the books."""

from flask import Blueprint

blueprint = Blueprint("reports", __name__)

from marketplace.reports.views import books, pages  # noqa: E402

__all__ = ["blueprint", "books", "pages"]
