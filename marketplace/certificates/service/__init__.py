"""The verbs of certificates: companies enter them, officers and issuers' lists verify them."""

from marketplace.certificates.service.importing import take_list
from marketplace.certificates.service.registering import answer, record_certificate, remove
from marketplace.certificates.service.reminding import remind_of_certificates
from marketplace.certificates.service.verifying import refuse, revoke, verify

__all__ = [
    "answer",
    "record_certificate",
    "refuse",
    "remind_of_certificates",
    "remove",
    "revoke",
    "take_list",
    "verify",
]
