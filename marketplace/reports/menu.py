"""The main menu: which pages each role finds at the top of every page."""

from marketplace.core.actors import Role
from marketplace.core.errors import Words
from marketplace.core.i18n import _

# (words, endpoint), in the order of the story.
Menu = list[tuple[Words, str]]

HOME = (_("Home"), "reports.home")
CALLS = (_("Programmes"), "programmes.programme_list")
PROVIDERS = (_("Providers"), "providers.directory")
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
        (_("People"), "accounts.people"),
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
        BOOKS,
        ACCOUNT,
    ],
}
