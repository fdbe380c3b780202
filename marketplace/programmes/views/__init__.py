"""Pages of programmes: what the public sees and what officers write."""

from flask import Blueprint

blueprint = Blueprint("programmes", __name__)

from marketplace.programmes.views import agency, budget, public  # noqa: E402

__all__ = ["agency", "blueprint", "budget", "public"]
