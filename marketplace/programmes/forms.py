"""What may be typed about programmes, calls, budget lines and a company's size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from config import lists
from config.currencies import PAYABLE
from marketplace.agency.models import Funder
from marketplace.core.file_field import FileField
from marketplace.core.forms import (
    CheckField,
    ChoiceField,
    ChoicesField,
    DateTimeField,
    FilterForm,
    Form,
    LongTextField,
    MoneyField,
    SelectOneField,
    TextField,
    WholeNumberField,
)
from marketplace.core.i18n import Text, _, localized
from marketplace.core.money import exponent
from marketplace.core.states import labelled
from marketplace.programmes.models import ONE_CATEGORY, Call, Programme
from marketplace.programmes.rules import FACT_NAMES
from marketplace.programmes.standards import choices
from marketplace.programmes.states import AllocationMethod, Stratum
from marketplace.programmes.terms import Method, Terms

LARGEST_AMOUNT = 10**12  # whole major units
LONGEST_NOTICE = 20_000  # characters
LARGEST_FACT = 10**15  # whole major units


class ProgrammeForm(Form):
    """Every rule of a programme but its cost shares; money in whole units of its currency."""

    code = TextField(_("Code"), max_length=40)
    name_ko = TextField(_("Name in Korean"))
    name_en = TextField(_("Name in English"))
    summary_ko = LongTextField(_("Summary in Korean"), max_length=1000)
    summary_en = LongTextField(_("Summary in English"), max_length=1000)
    service_lines = ChoicesField(_("Service lines"))
    stages = ChoicesField(_("Stages"))
    size_standard = SelectOneField(_("Size standard"))
    currency = SelectOneField(_("Currency"), choices=[(code, code) for code in PAYABLE])
    voucher_amount = WholeNumberField(_("Aid of one voucher"), minimum=1, maximum=LARGEST_AMOUNT)
    voucher_validity_days = WholeNumberField(_("Days a voucher is valid"), minimum=1, maximum=3660)
    one_active_voucher = CheckField(_("A company may hold only one active voucher of this programme"))
    extension_days = WholeNumberField(_("Days one extension adds"), required=False, maximum=3660)
    sme_cap = WholeNumberField(_("Aid cap of one company"), required=False, minimum=1, maximum=LARGEST_AMOUNT)
    aid_cap = WholeNumberField(_("Aid cap of one undertaking"), required=False, minimum=1, maximum=LARGEST_AMOUNT)
    aid_cap_months = WholeNumberField(_("Months the caps count"), required=False, minimum=1, maximum=120)
    vat_recoverable = CheckField(_("The company recovers VAT itself, so aid is counted on the net price"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.service_lines.choices = _choices(lists.service_lines())
        self.stages.choices = _choices(lists.stages())
        for code, field in self.category_fields.items():
            field.label.text = localized(lists.cost_categories()[code])
        self.size_standard.choices = _choices(choices())

    @property
    def category_fields(self) -> dict[str, Any]:
        """The field of each category of cost."""
        return {code: self[f"category_{code}"] for code in lists.cost_categories()}

    def terms(self) -> Terms:
        """What was typed as a programme's terms, money in minor units."""
        unit = 10 ** exponent(self.currency.data)
        return Terms(
            code=self.code.data,
            name={"ko": self.name_ko.data, "en": self.name_en.data},
            summary={"ko": self.summary_ko.data, "en": self.summary_en.data},
            currency=self.currency.data,
            voucher_amount=self.voucher_amount.data * unit,
            size_standard=self.size_standard.data,
            service_lines=self.service_lines.data or [],
            stages=self.stages.data or [],
            cost_categories={code: field.data for code, field in self.category_fields.items() if field.data}
            or ONE_CATEGORY,
            one_active_voucher=self.one_active_voucher.data,
            sme_cap=self.sme_cap.data and self.sme_cap.data * unit,
            aid_cap=self.aid_cap.data and self.aid_cap.data * unit,
            aid_cap_months=self.aid_cap_months.data,
            voucher_validity_days=self.voucher_validity_days.data,
            extension_days=self.extension_days.data or 0,
            vat_recoverable=self.vat_recoverable.data,
        )


for _code in lists.cost_categories():
    setattr(ProgrammeForm, f"category_{_code}", WholeNumberField(required=False, maximum=100))


def typed_terms(terms: Terms | Programme) -> dict[str, Any]:
    """A programme's terms as the form shows them."""
    unit = 10 ** exponent(terms.currency)
    same = ("code", "currency", "size_standard", "one_active_voucher", "vat_recoverable")
    numbers = ("aid_cap_months", "voucher_validity_days", "extension_days")
    return {name: getattr(terms, name) for name in (*same, *numbers)} | {
        "name_ko": terms.name.get("ko"),
        "name_en": terms.name.get("en"),
        "summary_ko": terms.summary.get("ko"),
        "summary_en": terms.summary.get("en"),
        "service_lines": list(terms.service_lines),
        "stages": list(terms.stages),
        **{f"category_{code}": percent for code, percent in terms.cost_categories.items()},
        "voucher_amount": terms.voucher_amount // unit,
        "sme_cap": terms.sme_cap and terms.sme_cap // unit,
        "aid_cap": terms.aid_cap and terms.aid_cap // unit,
    }


class PercentField(MoneyField):
    """A percentage with up to two decimals, kept in basis points."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, currency="EUR", maximum=10_000, **kwargs)
        self.refusal = _("Type a percentage in digits, such as 40 or 33.33.")

    def show(self, value: int) -> str:
        """Without the decimals where there are none."""
        return f"{value / 100:g}"


def cost_shares_form(funders: Sequence[Funder], shares: Mapping[UUID | None, int]) -> Form:
    """A form with one percentage for each funder and one for the company, as they stand."""

    class CostSharesForm(Form):
        sme = PercentField(_("The company itself"))

        @property
        def basis_points(self) -> dict[UUID | None, int]:
            """The parts by funder, the company's last."""
            typed: dict[UUID | None, int] = {funder.id: self[funder.code].data for funder in funders}
            return typed | {None: self.sme.data}

    for funder in funders:
        setattr(CostSharesForm, funder.code, PercentField(localized(funder.name)))
    data = {funder.code: shares.get(funder.id, 0) for funder in funders} | {"sme": shares.get(None, 0)}
    return CostSharesForm(data=data)


class CallForm(Form):
    """A dated opening of a programme, in the agency's time zone."""

    title_ko = TextField(_("Title in Korean"))
    title_en = TextField(_("Title in English"))
    description_ko = LongTextField(_("Description in Korean"), required=False, max_length=LONGEST_NOTICE)
    description_en = LongTextField(_("Description in English"), required=False, max_length=LONGEST_NOTICE)
    conditions_ko = LongTextField(_("Conditions in Korean"), required=False, max_length=LONGEST_NOTICE)
    conditions_en = LongTextField(_("Conditions in English"), required=False, max_length=LONGEST_NOTICE)
    opens_at = DateTimeField(_("Opens"))
    closes_at = DateTimeField(_("Closes"))
    intake_ceiling_percent = WholeNumberField(
        _("Intake pauses when applications ask for so many per cent of the budget"),
        required=False,
        minimum=1,
        maximum=1000,
    )
    allocation_method = ChoiceField(_("Who gets a voucher"), required=False, choices=labelled(AllocationMethod))
    quota_by = SelectOneField(_("Quotas by"), required=False, choices=[("", _("No quotas")), *labelled(Stratum)])

    @property
    def method(self) -> Method:
        """The method that was chosen."""
        return Method(
            AllocationMethod(self.allocation_method.data or AllocationMethod.FIRST_COME), Stratum.of(self.quota_by.data)
        )


def quotas_form(strata: Mapping[str, Mapping[str, str]], quotas: Mapping[str, int]) -> Form:
    """A form with the number of vouchers of each stratum, as they stand."""

    class QuotasForm(Form):
        @property
        def quotas(self) -> dict[str, int]:
            """The vouchers by stratum."""
            return {code: self[f"quota_{code}"].data or 0 for code in strata}

    for code, label in strata.items():
        setattr(QuotasForm, f"quota_{code}", WholeNumberField(localized(label), required=False, maximum=10**6))
    return QuotasForm(data={f"quota_{code}": vouchers for code, vouchers in quotas.items()})


def typed_call(call: Call) -> dict[str, Any]:
    """A call as the form shows it."""
    return {
        "title_ko": call.title.get("ko"),
        "title_en": call.title.get("en"),
        **typed_notice(call.description, call.conditions),
        "opens_at": call.opens_at,
        "closes_at": call.closes_at,
        "allocation_method": call.allocation_method,
        "quota_by": call.quota_by or "",
        "intake_ceiling_percent": call.intake_ceiling_percent,
    }


class CallFileForm(Form):
    """A file of a draft call's notice."""

    title_ko = TextField(_("Title in Korean"))
    title_en = TextField(_("Title in English"))
    file = FileField(_("File"))


class AmendmentForm(Form):
    """A correction of a published call's notice, with one file if there is one."""

    reason_ko = LongTextField(_("What is corrected and why, in Korean"), max_length=2000)
    reason_en = LongTextField(_("What is corrected and why, in English"), max_length=2000)
    description_ko = LongTextField(_("Description in Korean"), max_length=LONGEST_NOTICE)
    description_en = LongTextField(_("Description in English"), max_length=LONGEST_NOTICE)
    conditions_ko = LongTextField(_("Conditions in Korean"), max_length=LONGEST_NOTICE)
    conditions_en = LongTextField(_("Conditions in English"), max_length=LONGEST_NOTICE)
    file = FileField(_("File"), required=False)
    title_ko = TextField(_("Title of the file in Korean"), required=False)
    title_en = TextField(_("Title of the file in English"), required=False)
    replaces = SelectOneField(_("Which file does it replace?"), required=False)


def typed_notice(description: Text, conditions: Text) -> dict[str, Any]:
    """The texts of a notice as forms show them."""
    texts = {"description": description, "conditions": conditions}
    return {f"{name}_{language}": text.get(language) for name, text in texts.items() for language in ("ko", "en")}


def both(form: Form, name: str) -> Text:
    """What was typed into the two fields of one text."""
    return {language: form[f"{name}_{language}"].data or "" for language in ("ko", "en")}


class BudgetLineForm(Form):
    """One funder's money for a call, in whole units of the programme's currency."""

    funder = SelectOneField(_("Funder"))
    amount = WholeNumberField(_("Amount"), minimum=1, maximum=LARGEST_AMOUNT)


class EligibilityForm(FilterForm):
    """A company's size, as a visitor tells it; nothing is kept. Money is in whole units."""

    sector = SelectOneField(FACT_NAMES["sector"], required=False)
    industry = SelectOneField(FACT_NAMES["industry"], required=False)
    employees = WholeNumberField(FACT_NAMES["employees"], required=False)
    capital = WholeNumberField(FACT_NAMES["capital"], required=False, maximum=LARGEST_FACT)
    sales = WholeNumberField(FACT_NAMES["sales"], required=False, maximum=LARGEST_FACT)
    sales_year_1 = WholeNumberField(FACT_NAMES["sales_year_1"], required=False, maximum=LARGEST_FACT)
    sales_year_2 = WholeNumberField(FACT_NAMES["sales_year_2"], required=False, maximum=LARGEST_FACT)
    sales_year_3 = WholeNumberField(FACT_NAMES["sales_year_3"], required=False, maximum=LARGEST_FACT)
    sales_so_far = WholeNumberField(FACT_NAMES["sales_so_far"], required=False, maximum=LARGEST_FACT)
    months_so_far = WholeNumberField(FACT_NAMES["months_so_far"], required=False, minimum=1, maximum=12)
    total_assets = WholeNumberField(FACT_NAMES["total_assets"], required=False, maximum=LARGEST_FACT)
    turnover = WholeNumberField(FACT_NAMES["turnover"], required=False, maximum=LARGEST_FACT)
    balance_sheet = WholeNumberField(FACT_NAMES["balance_sheet"], required=False, maximum=LARGEST_FACT)

    def __init__(self, asked: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.asked = asked
        self.sector.choices = [("", _("Choose a sector")), *_choices(lists.sectors())]
        self.industry.choices = [("", _("Choose an industry")), *_choices(lists.industries())]
        for name in FACT_NAMES.keys() & self._fields.keys() - {"employees", *asked}:
            del self[name]

    @property
    def facts(self) -> dict[str, Any]:
        """What was told."""
        return {name: self[name].data for name in self.asked}


def _choices(labels: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str]]:
    return [(code, localized(label)) for code, label in labels.items()]
