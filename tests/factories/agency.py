"""Who the agency is, as tests need it, made by the verbs."""

import io

from PIL import Image

from marketplace.agency import service
from marketplace.agency.models import AgencyProfile
from marketplace.core import clock
from marketplace.core.actors import Actor, Role
from tests.factories.accounts import make_officer

NAME = {"ko": "바우처 진흥원", "en": "Voucher Institute"}
ADDRESS = {"ko": "부산시 시험로 2", "en": "2 Siheom-ro, Busan"}


def picture(kind: str = "png") -> bytes:
    """A small picture."""
    content = io.BytesIO()
    Image.new("RGB", (120, 40), "navy").save(content, format=kind)
    return content.getvalue()


def pair(role: Role) -> tuple[Actor, Actor]:
    """Two people who may propose and confirm."""
    return make_officer(role), make_officer(role)


def profile(*, logo: bool = True) -> AgencyProfile:
    """A profile in force from today."""
    proposes, confirms = pair(Role.ADMINISTRATOR)
    made = service.propose_profile(
        actor=proposes,
        name=NAME,
        address=ADDRESS,
        help_email="help@voucher.example",
        valid_from=clock.today(),
        picture=(io.BytesIO(picture()), "logo.png") if logo else None,
    )
    return service.confirm(AgencyProfile, made.id, actor=confirms)
