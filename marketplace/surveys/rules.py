"""What may be done with a survey now, and by whom."""

from collections.abc import Mapping

from marketplace.core.actors import Actor, Role
from marketplace.core.errors import Forbidden, Invalid, NotFound, explain
from marketplace.core.i18n import _
from marketplace.core.reasons import TELLING, check_reason
from marketplace.surveys.instruments import Fact, Instrument
from marketplace.surveys.models import Survey
from marketplace.surveys.states import SurveyStatus

# Below this number of answers no figure is shown: one answer could be recognised.
FEWEST_ANSWERS = 5
LONGEST_COMMENT = 2000

explain({"uq_surveys_engagement_id_side_wave": _("This survey was sent already. Each side is asked once.")})


class LinkNotValid(NotFound):
    """The same words for a link that never was, was used, or has ended: the answer tells a stranger nothing."""

    def __init__(self) -> None:
        super().__init__(
            _("This survey link is not valid. It was used already, its time is over, or it is incomplete.")
        )


def check_answers(instrument: Instrument, items: Mapping[str, int], facts: Mapping[str, str | int]) -> None:
    """Every item and every fact question has an answer that the instrument knows."""
    for item in instrument.items:
        value = items.get(item.code)
        if value is None or not instrument.scale_minimum <= value <= instrument.scale_maximum:
            raise Invalid(_("Choose one of the numbers."), field=f"item_{item.code}")
    for fact in instrument.facts:
        if not _is_known(fact, facts.get(fact.code)):
            raise Invalid(_("Choose one of the answers."), field=f"fact_{fact.code}")


def _is_known(fact: Fact, value: str | int | None) -> bool:
    if fact.kind == "number":
        return isinstance(value, int) and fact.minimum <= value <= fact.maximum
    return value in {code for code, _words in fact.choices}


def check_may_read_identity(actor: Actor, reason: str) -> None:
    """Only an administrator learns who was asked, and only with a reason that is kept."""
    if actor.role is not Role.ADMINISTRATOR:
        raise Forbidden()
    check_reason(reason, shortest=TELLING)


def can_be_answered(survey: Survey) -> bool:
    """An invited survey can be answered, once."""
    return survey.status == SurveyStatus.INVITED
