"""Pages of agreements and engagements."""

from marketplace.engagements.views import agreements, consultants, sessions, stages, work
from marketplace.engagements.views.blueprint import blueprint

__all__ = ["agreements", "blueprint", "consultants", "sessions", "stages", "work"]
