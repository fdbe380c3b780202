"""Pages of applications, allocation and vouchers."""

from flask import Blueprint

blueprint = Blueprint("vouchers", __name__)

from marketplace.vouchers.views import agency, applications, calls, offers, submission, vouchers  # noqa: E402

__all__ = ["agency", "applications", "blueprint", "calls", "offers", "submission", "vouchers"]
