"""What the supervisor's children print: a file each, for its owner alone and cut by size, so that no disk fills."""

import os
import selectors
import subprocess
from io import TextIOWrapper
from logging import LogRecord, makeLogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path

CHUNK = 65536


class LogFile(RotatingFileHandler):
    """One child's file; older ones are called `.1` (the newest) and so on."""

    def _open(self) -> TextIOWrapper:
        return open(self.baseFilename, "a", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600))

    def handleError(self, record: LogRecord) -> None:  # noqa: N802  the library's name
        """A line that can't be written is lost: no service stops for it."""


class Outputs:
    """Reads what children print into their files, without a thread."""

    def __init__(self, folder: Path, *, largest: int, kept: int) -> None:
        self.folder, self.largest, self.kept = folder, largest, kept
        self.pipes = selectors.DefaultSelector()
        self.files: dict[str, LogFile] = {}
        self.begun: dict[int, bytes] = {}

    def path(self, name: str) -> Path:
        """The file of the child with this name."""
        return self.folder / f"{name}.log"

    def follow(self, name: str, process: "subprocess.Popen[bytes]") -> None:
        """Write what this process prints into the file of this name."""
        if name not in self.files:
            self.files[name] = LogFile(self.path(name), maxBytes=self.largest, backupCount=self.kept)
        assert process.stdout
        self.pipes.register(process.stdout, selectors.EVENT_READ, (name, process.stdout))

    def read(self, seconds: float) -> None:
        """Write what was printed until now; wait so long for it."""
        for key, _events in self.pipes.select(seconds):
            name, pipe = key.data
            chunk = os.read(key.fd, CHUNK)
            *lines, rest = (self.begun.pop(key.fd, b"") + chunk).split(b"\n")
            if not chunk:
                self.pipes.unregister(pipe)
                pipe.close()
            elif len(rest) <= CHUNK:
                self.begun[key.fd] = rest
                rest = b""
            for line in filter(None, [*lines, rest]):
                self.files[name].emit(makeLogRecord({"msg": line.decode(errors="replace")}))
