"""The verbs of the two registers; split by noun, called as `providers.service.<verb>`."""

from marketplace.providers.models import AccountDetails, Profile
from marketplace.providers.service.bank_accounts import (
    approve_bank_account,
    propose_bank_account,
    refuse_bank_account,
)
from marketplace.providers.service.consultants import (
    change_consultant,
    end_affiliation,
    join_provider,
    record_training,
    register_consultant,
    sign_pledge,
)
from marketplace.providers.service.firms import (
    apply_again,
    approve_provider,
    change_load,
    change_profile,
    record_conflict,
    refuse_provider,
    register_provider,
    remove_provider,
    restore_provider,
    set_grade,
    suspend_provider,
)

__all__ = [
    "AccountDetails",
    "Profile",
    "apply_again",
    "approve_bank_account",
    "approve_provider",
    "change_consultant",
    "change_load",
    "change_profile",
    "end_affiliation",
    "join_provider",
    "propose_bank_account",
    "record_conflict",
    "record_training",
    "refuse_bank_account",
    "refuse_provider",
    "register_consultant",
    "register_provider",
    "remove_provider",
    "restore_provider",
    "set_grade",
    "sign_pledge",
    "suspend_provider",
]
