"""The life of a certificate in the register, and how well it is known."""

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move, TextChoices


class CertificateStatus(TextChoices):
    """Where a certificate stands."""

    CLAIMED = "claimed", _("Waiting for an officer")
    VERIFIED = "verified", _("Verified")
    REFUSED = "refused", _("Not verified")
    REVOKED = "revoked", _("Revoked by its issuer")
    REMOVED = "removed", _("Taken back by the company")


class Level(TextChoices):
    """How well a certificate is known."""

    CLAIMED = "claimed", _("Claimed by the company")
    DOCUMENT = "document", _("An officer saw the document")
    ISSUER = "issuer", _("The issuer confirmed it to an officer")
    IMPORTED = "imported", _("It stands in a list of the issuer")


CERTIFICATE = Lifecycle(
    "certificate",
    initial=CertificateStatus.CLAIMED,
    moves=[
        Move(
            "verify",
            (CertificateStatus.CLAIMED,),
            CertificateStatus.VERIFIED,
            stamp="verified_at",
            label=_("Verify the certificate"),
        ),
        Move(
            "confirm",
            (CertificateStatus.CLAIMED, CertificateStatus.REFUSED),
            CertificateStatus.VERIFIED,
            stamp="verified_at",
            label=_("Verify by the issuer's list"),
        ),
        Move(
            "refuse",
            (CertificateStatus.CLAIMED,),
            CertificateStatus.REFUSED,
            stamp="refused_at",
            label=_("Refuse to verify"),
        ),
        Move(
            "answer",
            (CertificateStatus.REFUSED,),
            CertificateStatus.CLAIMED,
            stamp="replied_at",
            label=_("Answer the refusal"),
        ),
        Move(
            "remove",
            (CertificateStatus.CLAIMED, CertificateStatus.REFUSED),
            CertificateStatus.REMOVED,
            stamp="removed_at",
            label=_("Take the certificate back"),
        ),
        Move(
            "revoke",
            (CertificateStatus.VERIFIED,),
            CertificateStatus.REVOKED,
            stamp="revoked_at",
            label=_("Note that the issuer revoked it"),
        ),
    ],
)
