"""Pages of applications, allocation and vouchers."""

from flask import Blueprint

blueprint = Blueprint("vouchers", __name__)

from marketplace.vouchers.views import (  # noqa: E402
    agency,
    applications,
    calls,
    offers,
    scoring,
    submission,
    vouchers,
)

__all__ = ["agency", "applications", "blueprint", "calls", "offers", "scoring", "submission", "vouchers"]
