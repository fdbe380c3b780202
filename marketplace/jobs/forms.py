"""What may be typed about jobs, bids and awards: shape only."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from config import lists
from marketplace.core import clock
from marketplace.core.forms import (
    AgreeField,
    ChoiceField,
    ChoicesField,
    DateField,
    FilterForm,
    Form,
    LongTextField,
    MoneyField,
    SelectOneField,
    TextField,
    WholeNumberField,
)
from marketplace.core.i18n import _, localized
from marketplace.core.states import labelled
from marketplace.jobs import diagnosis, rules
from marketplace.jobs.models import BidContent, Job, JobText, Offer
from marketplace.jobs.states import BID, JOB, JobWaiting, OpenJobWaiting
from marketplace.vouchers.models import Voucher

LANGUAGES = [("ko", "한국어"), ("en", "English")]
ANY = [("", _("All"))]
TEXT_FIELDS = ("service_line", "title", "situation", "goal", "expected_results", "region", "sector", "language")


def choices(labels: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str]]:
    """Codes with their words in the reader's language."""
    return [(code, localized(label)) for code, label in labels.items()]


class JobFilter(FilterForm):
    status = SelectOneField(_("Status"), required=False, default="", choices=[*ANY, *JOB.labels.items()])
    service_line = SelectOneField(_("Service"), required=False, default="")
    region = SelectOneField(_("Region"), required=False, default="")
    waiting = SelectOneField(_("What is to be done"), required=False, default="", choices=[*ANY, *labelled(JobWaiting)])
    search = TextField(_("Number, title or company"), required=False, max_length=100)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.service_line.choices = [*ANY, *choices(lists.service_lines())]
        self.region.choices = [*ANY, *choices(lists.regions())]


class OpenJobFilter(JobFilter):
    status = None  # type: ignore[assignment]
    waiting = SelectOneField(_("Bids"), required=False, default="", choices=[*ANY, *labelled(OpenJobWaiting)])


class PublicJobFilter(JobFilter):
    status = None  # type: ignore[assignment]
    waiting = None  # type: ignore[assignment]
    search = TextField(_("Number or words in the title"), required=False, max_length=100)


class BidFilter(FilterForm):
    status = SelectOneField(_("Status"), required=False, default="", choices=[*ANY, *BID.labels.items()])
    search = TextField(_("Number of bid or job, or title"), required=False, max_length=100)


def diagnosis_form() -> Form:
    """The self-diagnosis: one scale per statement."""
    questionnaire = diagnosis.EDITIONS.on(clock.today())
    scale = [(value, f"{value}. {localized(label)}") for value, label in questionnaire.scale.items()]
    fields = {
        question.code: ChoiceField(localized(question.text), coerce=int, choices=scale)
        for question in questionnaire.questions
    }
    made: Form = type("DiagnosisForm", (Form,), fields)()
    return made


class ServiceForm(Form):
    """The service line for which a job is drafted."""

    service_line = ChoiceField(_("What should the job be about?"))


class JobForm(Form):
    """A draft's text and the weights of its criteria."""

    service_line = SelectOneField(_("Service"))
    title = TextField(_("Title"), max_length=120)
    situation = LongTextField(_("How things are now"), max_length=3000)
    goal = LongTextField(_("What you want to reach"), max_length=2000)
    expected_results = LongTextField(_("What you expect to receive"), max_length=2000)
    region = SelectOneField(_("Where the work takes place"))
    sector = SelectOneField(_("Your sector"))
    language = SelectOneField(_("Language of the work"), choices=LANGUAGES)
    weight_approach = WholeNumberField(rules.CRITERIA["approach"], minimum=0, maximum=100)
    weight_experience = WholeNumberField(rules.CRITERIA["experience"], minimum=0, maximum=100)
    weight_schedule = WholeNumberField(rules.CRITERIA["schedule"], minimum=0, maximum=100)
    weight_price = WholeNumberField(rules.CRITERIA["price"], minimum=0, maximum=100)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.service_line.choices = choices(lists.service_lines())
        self.region.choices = choices(lists.regions())
        self.sector.choices = choices(lists.sectors())

    @property
    def text(self) -> JobText:
        """What was typed, as the verbs take it."""
        return JobText(**{name: self[name].data for name in TEXT_FIELDS})

    @property
    def weights(self) -> dict[str, int]:
        """The weight of each criterion."""
        return {code: self[f"weight_{code}"].data for code in rules.CRITERIA}

    @property
    def weight_fields(self) -> list[Any]:
        """The fields of the weights, in the order of the criteria."""
        return [self[f"weight_{code}"] for code in rules.CRITERIA]


class PublishForm(Form):
    """On which voucher and until which day bids are taken; a budget in its currency is added by publish_form()."""

    voucher = ChoiceField(_("Voucher"))
    closes_on = DateField(_("Last day for bids"))
    confirmed = AgreeField(_("I know that a published job can't be changed."))


def publish_form(usable: Sequence[Voucher], chosen: str | None, **data: Any) -> Any:
    """The form to publish on one of these vouchers; the budget is typed in the currency of the chosen one."""
    currencies = {str(row.id): row.currency for row in usable}
    currency = currencies.get(chosen or "", next(iter(currencies.values()), "KRW"))
    budget = MoneyField(_("Budget"), currency=currency, minimum=1, maximum=rules.HIGHEST_PRICE, required=False)
    form: PublishForm = type("PublishOnVoucherForm", (PublishForm,), {"budget": budget})(**data)
    form.voucher.choices = [(str(row.id), row.number) for row in usable]
    return form


class QuestionForm(Form):
    text = LongTextField(_("Your question"), max_length=1000)


class AnswerForm(Form):
    text = LongTextField(_("Your answer"), max_length=2000)


class BidForm(Form):
    """An offer; a price and days for each stage are added by bid_form()."""

    approach = LongTextField(_("How you will do it"), max_length=5000)
    consultants = ChoicesField(_("Consultants who will do the work"))
    attestations = ChoicesField(_("We confirm"), choices=list(rules.ATTESTATIONS.items()))
    stages: Sequence[str] = ()
    categories: Sequence[str] = ()

    def price_fields(self, stage: str) -> list[Any]:
        """The fields of a stage's price: one, or one for each category of cost."""
        return [self[name] for name in _price_names(stage, self.categories).values()]

    @property
    def offer(self) -> Offer:
        """What was typed, as the verb takes it."""
        parts = {
            stage: {code: self[name].data for code, name in _price_names(stage, self.categories).items()}
            for stage in self.stages
        }
        return Offer(
            prices={stage: sum(by_category.values()) for stage, by_category in parts.items()},
            price_parts=parts if len(self.categories) > 1 else None,
            days={stage: self[f"days_{stage}"].data for stage in self.stages},
            approach=self.approach.data or "",
            consultant_ids=[UUID(key) for key in self.consultants.data or []],
            attestations=dict.fromkeys(self.attestations.data or [], True),
        )


def bid_form(job: Job, ready: Iterable[tuple[UUID, str]], **data: Any) -> BidForm:
    """The form for an offer: prices in the job's currency and days for each of its stages, and who may be named."""
    fields: dict[str, Any] = {"stages": tuple(job.stages), "categories": tuple(job.cost_categories)}
    for stage in job.stages:
        label = localized(lists.stages().get(stage, {"en": stage}))
        for category, name in _price_names(stage, job.cost_categories).items():
            words = _("Net price of %(stage)s", stage=label)
            if len(job.cost_categories) > 1:
                words = _("Net price of %(stage)s: %(category)s", stage=label, category=category_word(category))
            fields[name] = MoneyField(words, currency=job.currency or "KRW", maximum=rules.HIGHEST_PRICE)
        fields[f"days_{stage}"] = WholeNumberField(
            _("Working days for %(stage)s", stage=label), minimum=1, maximum=rules.MOST_DAYS
        )
    form: BidForm = type("JobBidForm", (BidForm,), fields)(**data)
    form.consultants.choices = [(str(key), name) for key, name in ready]
    return form


def category_word(code: str) -> str:
    """A category of cost in the reader's language."""
    return localized(lists.cost_categories().get(code, {"en": code}))


def _price_names(stage: str, categories: Sequence[str]) -> dict[str, str]:
    """The names of a stage's price fields by category of cost."""
    if len(categories) < 2:
        return dict.fromkeys(categories, f"price_{stage}")
    return {category: f"price_{stage}_{category}" for category in categories}


def present_prices(content: BidContent) -> dict[str, int]:
    """The prices of a bid as the form shows them, to be changed."""
    if content.price_parts is None:
        return {f"price_{stage}": price for stage, price in content.prices.items()}
    return {
        f"price_{stage}_{category}": price
        for stage, parts in content.price_parts.items()
        for category, price in parts.items()
    }


class DeclarationForm(Form):
    """Whether the person has a conflict of interest with a bidder."""

    has_conflict = ChoiceField(
        _("Do you have a conflict of interest with one of these firms?"),
        choices=[("no", _("No, with none of them")), ("yes", _("Yes"))],
    )
    statement = LongTextField(_("If yes: with which firm, and what is it?"), required=False, max_length=1000)


def score_form(job: Job, **data: Any) -> Form:
    """Points and a reason for each of the job's criteria."""
    fields: dict[str, Any] = {}
    for entry in job.criteria:
        code = entry["code"]
        fields[f"points_{code}"] = WholeNumberField(_("Points, 0 to 100"), minimum=0, maximum=100)
        fields[f"reason_{code}"] = LongTextField(_("Reason"), max_length=1000)
    made: Form = type("ScoreForm", (Form,), fields)(**data)
    return made


def award_form(bids: Iterable[tuple[UUID, str]]) -> Form:
    """The winner, and a reason for each bid."""
    named = list(bids)
    fields: dict[str, Any] = {
        "bid": ChoiceField(_("Which firm do you choose?"), choices=[(str(key), name) for key, name in named])
    }
    for key, name in named:
        fields[f"reason_{key}"] = LongTextField(_("Reason for %(firm)s", firm=name), max_length=1000)
    fields["confirmed"] = AgreeField(_("I know that an award can't be taken back."))
    made: Form = type("AwardForm", (Form,), fields)()
    return made
