"""The functions, triggers and policies of the database: one file each in `marketplace/<area>/sql/`."""

from pathlib import Path

from alembic import op
from sqlalchemy import Connection

AREAS = Path(__file__).resolve().parents[1]


def files() -> list[Path]:
    """Every file, in the order of loading: core first, functions before the triggers and policies that call them."""
    return sorted(AREAS.glob("*/sql/*.sql"), key=lambda file: (area_of(file) != "core", not functions_of(file), file))


# A trigger or policy holds its function; a table's CHECK, default or index does too, and such a function is replaced.
CLEAR = """
DO $$
DECLARE
    command text;
BEGIN
    FOR command IN
        SELECT format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT format('DROP POLICY %I ON %s', polname, polrelid::regclass) FROM pg_policy
    LOOP
        EXECUTE command;
    END LOOP;
    FOR command IN
        SELECT format('DROP FUNCTION %s', oid::regprocedure) FROM pg_proc
         WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
           AND NOT EXISTS (SELECT FROM pg_depend WHERE refclassid = 'pg_proc'::regclass AND refobjid = pg_proc.oid)
           AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
    LOOP
        EXECUTE command;
    END LOOP;
END
$$
"""


def load(connection: Connection) -> None:
    """Make the database's functions, triggers and policies what the files say, whatever was there before."""
    connection.exec_driver_sql(CLEAR, execution_options={"no_parameters": True})
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
