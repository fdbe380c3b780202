"""Pages of evaluations: for evaluators and reviewers, and for the rated provider."""

from marketplace.evaluations.views import agency, provider
from marketplace.evaluations.views.blueprint import blueprint

__all__ = ["agency", "blueprint", "provider"]
