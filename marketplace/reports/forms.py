"""What narrows the lists of transfers."""

from marketplace.core.errors import Words
from marketplace.core.forms import DateField, FilterForm, SelectOneField
from marketplace.core.i18n import _
from marketplace.ledger.chart import Stage, TransferKind


class TransferFilter(FilterForm):
    """Which transfers of a call are shown."""

    stage = SelectOneField(_("Stage it left or reached"), required=False)
    kind = SelectOneField(_("Kind"), required=False)
    line = SelectOneField(_("Funder"), required=False)
    since = DateField(_("From day"), required=False)
    until = DateField(_("Until day"), required=False)

    def offer(self, *, stages: list[Stage], kinds: list[TransferKind], lines: list[tuple[str, Words]]) -> None:
        """Offer what the call has."""
        self.stage.choices = [("", _("Every stage")), *((stage.value, stage.label) for stage in stages)]
        self.kind.choices = [("", _("Every kind")), *((kind.value, kind.label) for kind in kinds)]
        self.line.choices = [("", _("Every funder")), *lines]
