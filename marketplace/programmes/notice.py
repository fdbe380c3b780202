"""The notice of a call as everybody reads it: what holds now, and what each amendment changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from marketplace.core.i18n import Text
from marketplace.programmes.models import Amendment, Call, CallFile


@dataclass(frozen=True)
class Correction:
    """One amendment: the text that stood before where it changed, and the files it added, by the file each replaces."""

    amendment: Amendment
    description_was: Text | None
    conditions_was: Text | None
    files: Sequence[tuple[CallFile, CallFile | None]]


@dataclass(frozen=True)
class Notice:
    """The texts and files that hold now, and the corrections since publication, the newest first."""

    description: Text
    conditions: Text
    files: Sequence[CallFile]
    corrections: Sequence[Correction]


def fold(call: Call, amendments: Sequence[Amendment], files: Sequence[CallFile]) -> Notice:
    """The notice after these amendments, given in the order of their publication, with all files shown so far."""
    by_id = {file.id: file for file in files}
    description, conditions = call.description, call.conditions
    corrections = []
    for amendment in amendments:
        correction = Correction(
            amendment,
            description if description != amendment.description else None,
            conditions if conditions != amendment.conditions else None,
            _added(amendment, by_id),
        )
        corrections.append(correction)
        description, conditions = amendment.description, amendment.conditions
    replaced = {file.replaces_id for file in files}
    return Notice(description, conditions, [file for file in files if file.id not in replaced], corrections[::-1])


def _added(amendment: Amendment, by_id: Mapping[UUID, CallFile]) -> list[tuple[CallFile, CallFile | None]]:
    added = [file for file in by_id.values() if file.amendment_id == amendment.id]
    return [(file, by_id.get(file.replaces_id) if file.replaces_id else None) for file in added]
