"""The functions, triggers and policies of the database: one file each in `marketplace/<area>/sql/`."""

from pathlib import Path

from alembic import op
from sqlalchemy import Connection

AREAS = Path(__file__).resolve().parents[1]


def files() -> list[Path]:
    """Every file, in the order of loading: core first, functions before the triggers and policies that call them."""
    return sorted(AREAS.glob("*/sql/*.sql"), key=lambda file: (area_of(file) != "core", not functions_of(file), file))


def load(connection: Connection) -> None:
    """Bring what the files say into the database; each may be run again and again."""
    for file in files():
        connection.exec_driver_sql(file.read_text(), execution_options={"no_parameters": True})


def read(area: str, name: str) -> str:
    """One file, for the migration of a table that can't be made without its function."""
    return (AREAS / area / "sql" / f"{name}.sql").read_text()


def drop_functions(area: str) -> None:
    """Drop the functions of an area, in the migration that takes its tables away."""
    for file in files():
        if area_of(file) == area and functions_of(file):
            op.execute(f"DROP FUNCTION IF EXISTS {file.stem} CASCADE")


def area_of(file: Path) -> str:
    """The area that a file belongs to."""
    return file.parents[1].name


def functions_of(file: Path) -> bool:
    """Whether the file makes a function, which has its name; otherwise it holds triggers, policies or rows alone."""
    return f"CREATE OR REPLACE FUNCTION {file.stem}(" in file.read_text()
