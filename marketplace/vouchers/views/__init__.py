"""Pages of applications, allocation and vouchers."""

from flask import Blueprint

blueprint = Blueprint("vouchers", __name__)

from marketplace.vouchers.views import agency, applications, submission, vouchers  # noqa: E402

__all__ = ["agency", "applications", "blueprint", "submission", "vouchers"]
