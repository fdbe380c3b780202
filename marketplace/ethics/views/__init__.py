"""Pages of ethics: the officers' queue and cases, the provider's replies, and the rules in public."""

from marketplace.ethics.views import cases, flags, provider, rules
from marketplace.ethics.views.blueprint import blueprint

__all__ = ["blueprint", "cases", "flags", "provider", "rules"]
