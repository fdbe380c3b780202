"""The agency's pages on the two registers: registrations, bank accounts, consultants and training."""

from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from config import lists
from marketplace.accounts import queries as accounts
from marketplace.accounts.business_number import written
from marketplace.accounts.exported import written_number
from marketplace.core import account_numbers, clock
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.errors import NotFound
from marketplace.core.exports import Column, export, requested_format
from marketplace.core.i18n import _
from marketplace.core.listings import in_order, paginate, sorts
from marketplace.core.web import done, page, send_stored
from marketplace.providers import queries, rules, service
from marketplace.providers.forms import LANGUAGES, ConsultantFilter, DecisionForm, RegistrationFilter, TrainingForm
from marketplace.providers.models import Consultant, Provider
from marketplace.providers.states import CONSULTANT, PROVIDER
from marketplace.providers.views.blueprint import blueprint, course_titles, service_words, standing, words
from marketplace.verification import queries as verification

READERS = (Role.PROGRAMME_OFFICER, Role.ETHICS_OFFICER, Role.AUDITOR)
SHOWN = (
    Provider.id,
    Provider.name,
    Provider.status,
    Provider.submitted_at,
    Provider.load,
    Provider.capacity,
    Provider.grade_value,
)
COLUMNS: list[Column] = [
    (_("Firm"), lambda row: row.Provider.name),
    (_("Business number"), lambda row: written_number(row.number)),
    (_("Status"), lambda row: str(PROVIDER.label(row.Provider.status))),
    (_("Services"), lambda row: ", ".join(service_words(row.Provider.service_lines))),
    (_("Running work"), lambda row: row.Provider.load),
    (_("Capacity"), lambda row: row.Provider.capacity),
    (_("Grade"), lambda row: row.Provider.grade_value),
    (_("Evaluations"), lambda row: row.Provider.grade_count),
    (_("Applied"), lambda row: row.Provider.submitted_at),
    (_("Approved"), lambda row: row.Provider.approved_at),
    (_("Approved by"), lambda row: row.approved_by),
    (_("Refused"), lambda row: row.Provider.refused_at),
    (_("Suspended"), lambda row: row.Provider.suspended_at),
    (_("Restored"), lambda row: row.Provider.restored_at),
    (_("Removed"), lambda row: row.Provider.removed_at),
]
EXPORTED = (
    accounts.business_number_of(Provider.id).label("number"),
    accounts.person_name_of(Provider.approved_by).label("approved_by"),
)
REGISTRATION_SORTS = sorts("-submitted_at", Provider.submitted_at, Provider.name)
CONSULTANT_SORTS = sorts("name", Consultant.name)
CONSULTANT_COLUMNS: list[Column] = [
    (_("Name"), lambda row: row.name),
    (_("Firm"), lambda row: row.firm or ""),
    (_("Business number of the firm"), lambda row: written_number(row.firm_number)),
    (_("Status"), lambda row: str(CONSULTANT.label(row.status))),
    (_("Services"), lambda row: ", ".join(service_words(row.service_lines))),
    (_("Years of experience"), lambda row: row.experience_years),
    (_("Can be named in bids"), lambda row: rules.OBSTACLES[row.obstacle] if row.obstacle else _("yes")),
    (_("Entered"), lambda row: row.joined_at),
    (_("Left"), lambda row: row.left_at),
]


@blueprint.get("/providers/registrations")
@requires(*READERS)
def registrations() -> ResponseReturnValue:
    """Every firm that ever applied."""
    form = RegistrationFilter(formdata=request.args)
    form.validate()
    chosen = queries.registrations(status=form.chosen("status"), search=form.chosen("search"))
    if requested_format():
        rows = in_order(chosen.add_columns(*EXPORTED), REGISTRATION_SORTS, key=Provider.id)
        return export(rows, COLUMNS, "registrations", _("Firms"))
    listed = paginate(chosen.with_only_columns(*SHOWN), sorts=REGISTRATION_SORTS, key=Provider.id)
    return page("providers/registrations.html", form=form, listed=listed, lifecycle=PROVIDER)


@blueprint.route("/providers/registrations/<uuid:provider_id>", methods=["GET", "POST"])
@requires(*READERS)
def review(provider_id: UUID) -> ResponseReturnValue:
    """Everything about one firm; an officer who didn't apply for it decides."""
    provider = queries.get_provider(provider_id)
    organisation = accounts.get_organisation(provider_id)
    account = queries.active_bank_account(provider_id) or queries.proposed_bank_account(provider_id)
    form = DecisionForm()
    form.shows(organisation, account)
    if form.is_submitted():
        rules.check_role(current_actor(), Role.PROGRAMME_OFFICER)
    if form.validate_on_submit():
        with form.errors_to_fields():
            if form.decision.data == "approve":
                service.approve_provider(provider_id, actor=current_actor())
                return done(_("The firm is in the register."), url_for("providers.registrations"))
            service.refuse_provider(provider_id, actor=current_actor(), reason=form.reason.data or "")
            return done(_("The registration is refused. The firm is told why."), url_for("providers.registrations"))
    today = clock.today()
    return page(
        "providers/review.html",
        form=form,
        provider=provider,
        verification=verification.newest(provider_id),
        lifecycle=PROVIDER,
        organisation=organisation,
        written=written,
        services=service_words(provider.service_lines),
        sectors=words(provider.sectors, lists.sectors()),
        regions=words(provider.regions, lists.regions()),
        languages=[dict(LANGUAGES)[code] for code in provider.languages],
        account=account,
        masked=account_numbers.masked,
        consultants=[(row, standing(row, today)) for row in queries.consultants_of(provider_id)],
    )


@blueprint.get("/providers/registrations/<uuid:provider_id>/document")
@requires(*READERS)
def document(provider_id: UUID) -> ResponseReturnValue:
    """The business registration that a firm handed in."""
    stored = queries.get_provider(provider_id).document
    if stored is None:
        raise NotFound()
    return send_stored(stored)


@blueprint.get("/providers/bank-accounts")
@requires(Role.BUDGET_OFFICER, Role.AUDITOR)
def bank_accounts() -> ResponseReturnValue:
    """Changes of account that wait for a second person."""
    return page("providers/bank_accounts.html", waiting=queries.proposed_bank_accounts(), masked=account_numbers.masked)


@blueprint.route("/providers/bank-accounts/<uuid:account_id>", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER, recent_proof=True)
def review_account(account_id: UUID) -> ResponseReturnValue:
    """Compare a proposed account with the one in use, and decide."""
    account = queries.get_bank_account(account_id)
    before = queries.active_bank_account(account.organisation_id)
    form = DecisionForm()
    form.shows(before)
    if form.validate_on_submit():
        with form.errors_to_fields():
            if form.decision.data == "approve":
                service.approve_bank_account(account_id, actor=current_actor())
                return done(_("The new account is in use. The firm is told."), url_for("providers.bank_accounts"))
            service.refuse_bank_account(account_id, actor=current_actor(), reason=form.reason.data or "")
            return done(_("The change is refused. The firm is told why."), url_for("providers.bank_accounts"))
    return page(
        "providers/review_account.html",
        form=form,
        account=account,
        before=before,
        provider=queries.get_provider(account.organisation_id),
        proposer=accounts.get_person(account.proposed_by),
    )


@blueprint.get("/consultants")
@requires(*READERS)
def consultants() -> ResponseReturnValue:
    """The register of consultants."""
    form = ConsultantFilter(formdata=request.args)
    form.validate()
    chosen = queries.consultants(clock.today(), search=form.chosen("search"))
    if requested_format():
        more = Consultant.status, Consultant.service_lines, Consultant.joined_at, Consultant.left_at
        number = accounts.business_number_of(Consultant.provider_id).label("firm_number")
        rows = in_order(chosen.add_columns(*more, number), CONSULTANT_SORTS, key=Consultant.id)
        return export(rows, CONSULTANT_COLUMNS, "consultants", _("Register of consultants"))
    listed = paginate(chosen, sorts=CONSULTANT_SORTS, key=Consultant.id)
    return page("providers/consultants.html", form=form, listed=listed, obstacles=rules.OBSTACLES)


@blueprint.route("/consultants/<uuid:consultant_id>/training", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def record_training(consultant_id: UUID) -> ResponseReturnValue:
    """Record a course that a consultant passed."""
    consultant = queries.get_consultant(consultant_id)
    form = TrainingForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.record_training(
                consultant_id, actor=current_actor(), course=form.course.data, passed_on=form.passed_on.data
            )
            here = url_for("providers.consultant", consultant_id=consultant_id)
            return done(_("The training is recorded."), here)
    return page("providers/record_training.html", form=form, consultant=consultant, courses=course_titles())
