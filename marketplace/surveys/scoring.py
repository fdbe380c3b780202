"""What an answered survey comes to: its score of 0 to 100, and the signs that it was not given with care."""

from collections.abc import Mapping

from marketplace.surveys.instruments import Instrument


def score(instrument: Instrument, answers: Mapping[str, int], *, about: str) -> int | None:
    """Return 0 to 100: the mean of the items about this subject, reversed ones turned round; None if it has none."""
    span = instrument.scale_maximum - instrument.scale_minimum
    points = []
    for item in instrument.items:
        if item.about == about:
            given = answers[item.code]
            points.append(instrument.scale_maximum - given if item.reversed else given - instrument.scale_minimum)
    if not points:
        return None
    return (200 * sum(points) + span * len(points)) // (2 * span * len(points))  # rounded half up, without floats


def is_straight_line(instrument: Instrument, answers: Mapping[str, int]) -> bool:
    """Tell whether every item has the same value although one is reversed; the middle of the scale may be meant."""
    values = {answers[item.code] for item in instrument.items}
    middle = instrument.scale_minimum + instrument.scale_maximum
    return len(values) == 1 and 2 * values.pop() != middle and any(item.reversed for item in instrument.items)


def is_fast(instrument: Instrument, seconds: float) -> bool:
    """Tell whether it was answered faster than the questions can be read."""
    return seconds < instrument.fast_seconds


def signs(instrument: Instrument, answers: Mapping[str, int], *, seconds: float) -> list[str]:
    """Return the names of the signs that this answer shows: `straight_line`, `fast`."""
    present = {"straight_line": is_straight_line(instrument, answers), "fast": is_fast(instrument, seconds)}
    return [name for name, shown in present.items() if shown]
