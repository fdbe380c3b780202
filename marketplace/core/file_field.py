"""The field of a file, which need not be sent again once its form was refused for something else."""

import os
from typing import Any
from uuid import UUID

from flask import request
from flask_wtf.file import FileField as UploadField
from wtforms.validators import StopValidation

from marketplace.core import auth, files, kept, uploads
from marketplace.core.errors import Words
from marketplace.core.forms import Control
from marketplace.core.presence import attach, presence


class FileField(Control, UploadField):  # type: ignore[misc]
    """An upload; its content is checked by core.files when it is stored. It outlives a refusal of its form."""

    control = "file"
    data: Any
    too_large = files.TOO_LARGE
    kept = ""  # the signed name of the file that came before

    def __init__(self, label: Words = "", *, required: bool = True, **kwargs: Any) -> None:
        super().__init__(label, [presence(required, attach)], **kwargs)

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        before = None if self.data else uploads.take(kept.typed() or request.form, self.name, _sender())
        if before is not None:
            self.kept, self.data = before
            self.raw_data = [self.data]

    def pre_validate(self, form: Any) -> None:
        """A file that is too large is refused here, so that the rest of the form comes back as it was typed."""
        if self.data:
            size = self.data.stream.seek(0, os.SEEK_END)
            self.data.stream.seek(0)
            if size > self.largest:
                raise StopValidation(str(self.too_large))

    @property
    def largest(self) -> int:
        """The most bytes that are taken."""
        return files.LARGEST_FILE

    def keep(self) -> None:
        """The form was refused, though not for this file: let it wait until the form comes again."""
        sender = _sender()
        if self.data and not self.kept and not self.errors and sender is not None:
            self.kept = uploads.keep(self.data, sender) or ""


def _sender() -> UUID | None:
    return auth.current_actor().person_id
