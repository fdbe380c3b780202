"""What happens at the bank and in payments."""

from uuid import UUID

from marketplace.core.tasks import Event

BANK_FILE_IMPORTED = Event("bank_import.taken", import_id=UUID)
ENTRY_ASSIGNED = Event("bank_entry.assigned", import_id=UUID, bank_entry_id=UUID)
DEBT_PAID = Event("bank_entry.pays_debt", bank_entry_id=UUID)
DEBT_TAKEN_BACK = Event("bank_entry.takes_debt_back", bank_entry_id=UUID)
DEDUCTION_TAKEN = Event("deduction.taken", deduction_id=UUID)
