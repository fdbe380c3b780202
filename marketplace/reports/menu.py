"""The main menu: which pages each role finds on top of every page; and where one goes while nothing is under way."""

from marketplace.core.actors import Actor, Role
from marketplace.core.errors import Words
from marketplace.core.i18n import _

# (words, endpoint), in the order of the story.
Menu = list[tuple[Words, str]]

HOME = (_("Home"), "reports.home")
CALLS = (_("Programmes"), "programmes.programme_list")
PROVIDERS = (_("Firms"), "providers.directory")
BOOKS = (_("The books"), "reports.books")
ACCOUNT = (_("My account"), "accounts.account")

VISITOR: Menu = [
    HOME,
    (_("Check eligibility"), "programmes.eligibility"),
    CALLS,
    (_("Open jobs"), "jobs.public_jobs"),
    PROVIDERS,
    BOOKS,
]
SME: Menu = [
    HOME,
    CALLS,
    (_("Applications"), "vouchers.applications"),
    (_("Vouchers"), "vouchers.vouchers"),
    (_("Jobs"), "jobs.jobs"),
    (_("Agreements"), "engagements.agreements"),
    (_("Engagements"), "engagements.engagements"),
    (_("To pay back"), "receivables.receivables"),
    (_("Refunds"), "claims.refunds"),
    PROVIDERS,
    (_("Certificates"), "certificates.certificates"),
    (_("Company details"), "accounts.company"),
    ACCOUNT,
]
PROVIDER: Menu = [
    HOME,
    (_("Open jobs"), "jobs.open_jobs"),
    (_("My bids"), "jobs.bids"),
    (_("Agreements"), "engagements.agreements"),
    (_("Engagements"), "engagements.engagements"),
    (_("Claims"), "claims.claims"),
    (_("Grades"), "evaluations.grade_list"),
    (_("Registration"), "providers.registration"),
    (_("My profile"), "providers.profile"),
    (_("Cases"), "ethics.my_cases"),
    (_("To pay back"), "receivables.receivables"),
    (_("Refunds"), "claims.refunds"),
    (_("Company details"), "accounts.company"),
    ACCOUNT,
]
CONSULTANT: Menu = [
    HOME,
    (_("Open jobs"), "jobs.open_jobs"),
    (_("Engagements"), "engagements.engagements"),
    (_("My profile"), "providers.profile"),
    ACCOUNT,
]

MENUS: dict[Role, Menu] = {
    Role.VISITOR: VISITOR,
    Role.SIGNATORY: SME,
    Role.PREPARER: SME,
    Role.HELPER: SME,
    Role.MANAGER: PROVIDER,
    Role.CONSULTANT: CONSULTANT,
    Role.PROGRAMME_OFFICER: [
        HOME,
        CALLS,
        (_("Applications"), "vouchers.received_applications"),
        (_("Vouchers"), "vouchers.issued_vouchers"),
        (_("Companies to verify"), "verification.queue"),
        (_("Certificates"), "certificates.queue"),
        (_("Registrations"), "providers.registrations"),
        (_("Consultants"), "providers.consultants"),
        (_("Jobs"), "jobs.jobs"),
        (_("Engagements"), "engagements.engagements"),
        (_("Claims"), "claims.claims"),
        (_("Owed to the agency"), "receivables.receivables"),
        BOOKS,
        PROVIDERS,
        ACCOUNT,
    ],
    Role.BUDGET_OFFICER: [
        HOME,
        CALLS,
        (_("Budget lines"), "programmes.budget_line_list"),
        (_("Claims"), "claims.claims"),
        (_("Ageing of claims"), "claims.ageing"),
        (_("Payment batches"), "claims.payment_batches"),
        (_("Refunds"), "claims.refunds"),
        (_("Bank files"), "claims.bank_imports"),
        (_("Bank accounts"), "providers.bank_accounts"),
        (_("Agency details"), "agency.overview"),
        (_("Owed to the agency"), "receivables.receivables"),
        BOOKS,
        ACCOUNT,
    ],
    Role.EVALUATOR: [
        HOME,
        (_("Evaluations"), "evaluations.evaluation_list"),
        (_("Applications to score"), "vouchers.scoring_list"),
        PROVIDERS,
        ACCOUNT,
    ],
    Role.ETHICS_OFFICER: [
        HOME,
        (_("Flags"), "ethics.flag_list"),
        (_("Cases"), "ethics.case_list"),
        (_("Holds"), "claims.holds"),
        (_("Owed to the agency"), "receivables.receivables"),
        (_("Engagements"), "engagements.engagements"),
        (_("Evaluations"), "evaluations.evaluation_list"),
        PROVIDERS,
        ACCOUNT,
    ],
    Role.ENQUIRY_SPECIALIST: [HOME, CALLS, PROVIDERS, ACCOUNT],
    Role.ADMINISTRATOR: [
        HOME,
        (_("Going live"), "reports.going_live"),
        (_("Agency details"), "agency.overview"),
        (_("People"), "accounts.people"),
        (_("Companies to verify"), "verification.queue"),
        (_("Evaluations"), "evaluations.evaluation_list"),
        (_("Surveys"), "surveys.survey_list"),
        (_("Ageing of claims"), "claims.ageing"),
        (_("Audit trail"), "accounts.audit_log"),
        (_("Background tasks"), "accounts.background_tasks"),
        BOOKS,
        PROVIDERS,
        ACCOUNT,
    ],
    Role.AUDITOR: [
        HOME,
        CALLS,
        (_("Applications"), "vouchers.received_applications"),
        (_("Vouchers"), "vouchers.issued_vouchers"),
        (_("Companies to verify"), "verification.queue"),
        (_("Certificates"), "certificates.queue"),
        (_("Engagements"), "engagements.engagements"),
        (_("Claims"), "claims.claims"),
        (_("Payment batches"), "claims.payment_batches"),
        (_("Refunds"), "claims.refunds"),
        (_("Owed to the agency"), "receivables.receivables"),
        (_("Flags"), "ethics.flag_list"),
        (_("Cases"), "ethics.case_list"),
        (_("Evaluations"), "evaluations.evaluation_list"),
        (_("Surveys"), "surveys.survey_list"),
        (_("Audit trail"), "accounts.audit_log"),
        (_("Agency details"), "agency.overview"),
        BOOKS,
        ACCOUNT,
    ],
}

# What to say and where to lead to while nothing is under way.
Idle = tuple[Words, str, Words]
IDLE_AGENCY: Idle = (_("No call is under way."), "programmes.programme_list", _("See the programmes"))
IDLE: dict[Role, Idle] = {
    Role.SIGNATORY: (
        _("You have no application, voucher or job yet. Begin with an open call, or first check who can apply."),
        "programmes.eligibility",
        _("Check eligibility"),
    ),
    Role.HELPER: (_("You are preparing no application. The company’s own people can begin one with you."), "", ""),
    Role.MANAGER: (
        _("You have no bid, engagement or claim yet. Begin with the open jobs."),
        "jobs.open_jobs",
        _("See open jobs"),
    ),
    Role.CONSULTANT: (
        _("You are named in no engagement now. Companies choose firms by their bids; your profile is part of them."),
        "providers.profile",
        _("My profile"),
    ),
    Role.EVALUATOR: (
        _("No evaluation is with you. An administrator assigns them, and you get an e-mail."),
        "evaluations.evaluation_list",
        _("See your evaluations"),
    ),
}
IDLE[Role.PREPARER] = IDLE[Role.SIGNATORY]
NOBODY_YET: Idle = (
    _("You act for no company yet. Register your company, or ask its signatory to invite you."),
    "accounts.choose_role",
    _("Register a company"),
)


def idle(actor: Actor) -> Idle:
    """What the start page says where nothing is under way, and where it leads to."""
    if actor.organisation_id is None:
        return NOBODY_YET
    return IDLE.get(actor.role, IDLE_AGENCY)
