"""What may be typed about applications and vouchers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from config import lists
from marketplace.core.file_field import FileField
from marketplace.core.forms import (
    AgreeField,
    ChoiceField,
    FilterForm,
    Form,
    LongTextField,
    SelectOneField,
    TextField,
    WholeNumberField,
)
from marketplace.core.i18n import _, localized
from marketplace.core.states import Lifecycle, labelled
from marketplace.programmes.rules import FACT_NAMES
from marketplace.vouchers import rules
from marketplace.vouchers.states import APPLICATION, EvidenceKind

LARGEST_AMOUNT = 10**15  # whole major units


class FactsForm(Form):
    """The company facts that the call's size standard asks for; money in whole units."""

    sector = SelectOneField(FACT_NAMES["sector"])
    industry = SelectOneField(FACT_NAMES["industry"])
    employees = WholeNumberField(FACT_NAMES["employees"], maximum=10**7)
    capital = WholeNumberField(FACT_NAMES["capital"], required=False, maximum=LARGEST_AMOUNT)
    sales = WholeNumberField(FACT_NAMES["sales"], required=False, maximum=LARGEST_AMOUNT)
    sales_year_1 = WholeNumberField(FACT_NAMES["sales_year_1"], required=False, maximum=LARGEST_AMOUNT)
    sales_year_2 = WholeNumberField(FACT_NAMES["sales_year_2"], required=False, maximum=LARGEST_AMOUNT)
    sales_year_3 = WholeNumberField(FACT_NAMES["sales_year_3"], required=False, maximum=LARGEST_AMOUNT)
    sales_so_far = WholeNumberField(FACT_NAMES["sales_so_far"], required=False, maximum=LARGEST_AMOUNT)
    months_so_far = WholeNumberField(FACT_NAMES["months_so_far"], required=False, minimum=1, maximum=12)
    total_assets = WholeNumberField(FACT_NAMES["total_assets"], required=False, maximum=LARGEST_AMOUNT)
    turnover = WholeNumberField(FACT_NAMES["turnover"], required=False, maximum=LARGEST_AMOUNT)
    balance_sheet = WholeNumberField(FACT_NAMES["balance_sheet"], required=False, maximum=LARGEST_AMOUNT)

    def __init__(self, asked: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.asked = asked
        sectors = [(code, localized(label)) for code, label in lists.sectors().items()]
        industries = [(code, localized(label)) for code, label in lists.industries().items()]
        self.sector.choices = [("", _("Choose a sector")), *sectors]
        self.industry.choices = [("", _("Choose an industry")), *industries]
        for name in FACT_NAMES.keys() & self._fields.keys() - {"employees", *asked}:
            del self[name]

    @property
    def facts(self) -> dict[str, Any]:
        """What was typed."""
        return {name: self[name].data for name in self.asked}


class NeedForm(Form):
    """What the company wants the consulting for."""

    service_line = ChoiceField(_("What should the consulting be about?"))
    need = LongTextField(_("What do you need, and what should be better afterwards?"), max_length=3000)


class EvidenceForm(Form):
    """One file that documents facts."""

    kind = ChoiceField(_("What does the file show?"), choices=labelled(EvidenceKind))
    file = FileField(_("File"))


class DeclareForm(Form):
    """A scorer's conflict declaration."""

    has_conflict = ChoiceField(
        _("Could you know which company this is, or have an interest in it?"),
        choices=[("no", _("No, I have no conflict of interest")), ("yes", _("Yes, or I may have one"))],
    )
    statement = LongTextField(_("If yes, why?"), required=False, max_length=2000)


def score_form(scoring: Mapping[str, Any]) -> Form:
    """A form with points and a reason for each criterion of the call."""
    fields: dict[str, Any] = {}
    for criterion in scoring["criteria"]:
        code, name = criterion["code"], localized(criterion["label"])
        fields[f"points_{code}"] = WholeNumberField(f"{name} ({criterion['weight']} %)", maximum=criterion["max"])
        fields[f"reason_{code}"] = LongTextField(_("Reason (%(about)s)", about=name), max_length=3000)
    made: Form = type("ScoreForm", (Form,), fields)()
    return made


class SubmitForm(Form):
    """The signatory's declarations, each ticked."""

    truthful = AgreeField(rules.DECLARATIONS["truthful"])
    own_share = AgreeField(rules.DECLARATIONS["own_share"])
    no_double_funding = AgreeField(rules.DECLARATIONS["no_double_funding"])
    nothing_back = AgreeField(rules.DECLARATIONS["nothing_back"])

    @property
    def declared(self) -> set[str]:
        """The declarations that were ticked."""
        return {name for name in rules.DECLARATIONS if self[name].data}


class DecisionForm(Form):
    """An officer's decision about eligibility, with its reason."""

    eligible = ChoiceField(
        _("Is the company eligible?"), choices=[("yes", _("Yes, it is eligible")), ("no", _("No, it is not eligible"))]
    )
    reason = LongTextField(_("Reason, as the company will read it"), max_length=2000)


class StatusFilter(FilterForm):
    """How an officer's list of what has this lifecycle is narrowed."""

    status = SelectOneField(_("Status"), required=False)
    search = TextField(_("Number, company or business number"), required=False, max_length=100)

    def __init__(self, lifecycle: Lifecycle[Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.status.choices = [("", _("All")), *lifecycle.labels.items()]
        self.status.data = self.status.data or ""


class OwnApplicationFilter(FilterForm):
    """How a company's own list of applications is narrowed."""

    status = SelectOneField(_("Status"), required=False, choices=[("", _("All")), *APPLICATION.labels.items()])


class ScoringFilter(FilterForm):
    """How an evaluator's list of applications to score is narrowed."""

    waiting = SelectOneField(
        _("What is to be done"), required=False, choices=[("", _("All")), ("score", _("To score"))]
    )


class ApplicationFilter(StatusFilter):
    """The filter of the list of applications, by call as well."""

    call = SelectOneField(_("Call"), required=False)

    def __init__(self, lifecycle: Lifecycle[Any], calls: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(lifecycle, **kwargs)
        self.call.choices = [("", _("All")), *calls]
        self.call.data = self.call.data or ""
