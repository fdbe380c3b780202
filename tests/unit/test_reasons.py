"""Reasons: what counts as one."""

import pytest

from marketplace.core.errors import Invalid
from marketplace.core.reasons import TELLING, check_reason


def test_a_reason_loses_the_blanks_around_it() -> None:
    assert check_reason("  late \n") == "late"
    assert check_reason("  ten chars.  ", shortest=TELLING) == "ten chars."


@pytest.mark.parametrize(("reason", "shortest"), [("", 1), (" \n ", 1), ("", TELLING), ("nine char ", TELLING)])
def test_what_says_too_little_is_refused_on_its_field(reason: str, shortest: int) -> None:
    with pytest.raises(Invalid) as refusal:
        check_reason(reason, field="grounds", shortest=shortest)
    assert refusal.value.field == "grounds"
