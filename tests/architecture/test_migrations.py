"""Migrations go up, down and up again, and end where the models are."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.pool import NullPool

import marketplace
from config.local.postgres import drop_database
from marketplace.core import migrations, sql
from marketplace.core.db import Model
from tests.embedded_server import copy_template


@pytest.fixture
def owner_url(sockets: Path, worker_id: str) -> Iterator[str]:
    name = f"migrations_{worker_id}"
    yield copy_template(sockets, name).replace("app@", "owner@")
    drop_database(sockets, name)


def import_models() -> None:
    for module in pkgutil.walk_packages(marketplace.__path__, "marketplace."):
        if "models" in module.name.split("."):
            importlib.import_module(module.name)


def objects(url: str) -> set[tuple[str, ...]]:
    """All that the migrations and SQL files make, each with what PostgreSQL says of it."""
    catalogs = text(
        "SELECT 'table', relname, array_to_string(relacl, ' ') FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S') AND relname <> 'alembic_version'"
        " UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes"
        "  WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        " UNION ALL SELECT 'function', oid::regprocedure::text, pg_get_functiondef(oid) FROM pg_proc"
        "  WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'"
        " UNION ALL SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
        " UNION ALL SELECT 'policy', policyname, concat_ws(' ', tablename, cmd, qual, with_check) FROM pg_policies"
        " UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint"
        "  WHERE connamespace = 'public'::regnamespace AND conname NOT LIKE 'alembic_version%'"
        " UNION ALL SELECT 'domain', typname, '' FROM pg_type"
        "  WHERE typnamespace = 'public'::regnamespace AND typtype = 'd'"
        " UNION ALL SELECT 'move', event, concat_ws(' ', lifecycle, source, target) FROM lifecycle_moves"
    )
    without_moves = text(str(catalogs).rpartition(" UNION ALL SELECT 'move'")[0])
    with create_engine(url, poolclass=NullPool).connect() as connection:
        moves = connection.scalar(text("SELECT to_regclass('lifecycle_moves')"))
        return {tuple(row) for row in connection.execute(catalogs if moves else without_moves)}


def test_each_step_goes_down_and_up(owner_url: str) -> None:
    assert migrations.missing(owner_url) == []
    before = objects(owner_url)
    steps = 0
    while objects(owner_url):
        migrations.down(owner_url, "-1")
        migrations.up(owner_url, "+1")
        migrations.down(owner_url, "-1")
        steps += 1
    assert len(migrations.missing(owner_url)) == steps + 1, "and the SQL files"
    migrations.up(owner_url)
    assert migrations.missing(owner_url) == []
    assert {entry for entry in objects(owner_url) ^ before if entry[1] != "clock_offset"} == set()


def test_each_area_with_tables_has_one_migration() -> None:
    import_models()
    modules = [mapper.class_.__module__.split(".") for mapper in Model.registry.mappers]
    areas = {area for root, area, *_rest in modules if root == "marketplace"}
    made = [file.stem.partition("_")[2] for file in sorted(migrations.FOLDER.glob("*.py"))]
    assert sorted(made) == sorted(areas)


def loaded(connection: Connection) -> set[tuple[str, ...]]:
    """The functions, triggers and policies of the database in PostgreSQL's words; True: written by this transaction."""
    rows = connection.execute(
        text(
            "SELECT oid::regprocedure::text, pg_get_functiondef(oid), xmin::text = :now FROM pg_proc"
            "  WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'"
            "    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')"
            " UNION ALL SELECT tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid), xmin::text = :now"
            "  FROM pg_trigger WHERE NOT tgisinternal"
            " UNION ALL SELECT polrelid::regclass || '.' || polname,"
            "  concat_ws(' ', polcmd, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)),"
            "  xmin::text = :now FROM pg_policy"
        ),
        {"now": connection.scalar(text("SELECT pg_current_xact_id()::text"))},
    )
    return {tuple(row) for row in rows}


def faults(url: str) -> set[str]:
    """What differs between a database and the SQL files, found by loading them once more and taking that back."""
    with create_engine(url, poolclass=NullPool).connect() as connection:
        before = {(name, words) for name, words, _ in loaded(connection)}
        sql.load(connection)
        after = loaded(connection)
    changed = {name for name, words in {(name, words) for name, words, _ in after} ^ before}
    return changed | {name for name, _, by_file in after if not by_file}


def test_the_database_has_the_functions_triggers_and_policies_of_the_files(owner_url: str) -> None:
    assert faults(owner_url) == set()


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("CREATE OR REPLACE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now()'", "app_now()"),
        ("DROP FUNCTION ledger_post", "ledger_post"),
        ("CREATE FUNCTION stray() RETURNS int LANGUAGE sql AS 'SELECT 1'", "stray()"),
        ("DROP TRIGGER append_only ON ledger_transfers", "ledger_transfers.append_only"),
        ("CREATE TRIGGER stray BEFORE DELETE ON jobs FOR EACH ROW EXECUTE FUNCTION refuse_change()", "jobs.stray"),
        ("DROP POLICY read_bid ON bid_contents", "bid_contents.read_bid"),
        ("CREATE POLICY stray ON bid_contents USING (true)", "bid_contents.stray"),
    ],
)
def test_a_database_that_differs_from_the_files_is_told(owner_url: str, statement: str, name: str) -> None:
    with create_engine(owner_url, poolclass=NullPool).begin() as connection:
        connection.exec_driver_sql(statement)
    assert any(fault.startswith(name) for fault in faults(owner_url))


def test_a_changed_sql_file_is_loaded_into_an_older_database(owner_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with create_engine(owner_url, poolclass=NullPool).begin() as connection:
        connection.exec_driver_sql(
            "CREATE OR REPLACE FUNCTION sum_of_values(parts jsonb) RETURNS bigint LANGUAGE sql AS 'SELECT 1'"
        )
        connection.exec_driver_sql("CREATE FUNCTION stray() RETURNS bigint LANGUAGE sql AS 'SELECT 1'")
        connection.exec_driver_sql("DROP FUNCTION money_split")
        older = "money_split(whole bigint, weights bigint[])"  # a parameter had another name
        connection.exec_driver_sql(f"CREATE FUNCTION {older} RETURNS bigint[] LANGUAGE sql AS 'SELECT weights'")
    migrations.up(owner_url)
    assert faults(owner_url), "nothing in the files has changed: nothing is loaded"
    with monkeypatch.context() as older:
        older.setattr(sql, "files", list)
        assert migrations.missing(owner_url) == [migrations.SQL_FILES]
        migrations.up(owner_url)
    assert migrations.missing(owner_url) == [migrations.SQL_FILES]
    migrations.up(owner_url)
    assert faults(owner_url) == set()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE alembic_version SET version_num = '9999'",
        "COMMENT ON TABLE alembic_version IS NULL",
        "COMMENT ON TABLE alembic_version IS 'migrations 0123456789abcdef, SQL 0123456789abcdef'",
    ],
)
def test_a_database_of_other_migrations_is_refused_and_left_alone(owner_url: str, statement: str) -> None:
    with create_engine(owner_url, poolclass=NullPool).begin() as connection:
        connection.exec_driver_sql(statement)
    before = objects(owner_url)
    for use in (migrations.up, migrations.missing):
        with pytest.raises(migrations.OtherMigrations):
            use(owner_url)
    assert objects(owner_url) == before


def test_the_models_are_what_the_migrations_made(owner_url: str) -> None:
    import_models()
    inspector = inspect(create_engine(owner_url, poolclass=NullPool))
    wrong = []
    for table in Model.metadata.sorted_tables:
        columns = {column["name"]: column for column in inspector.get_columns(table.name)}
        wrong += [f"{table.name}.{name} is in one of the two only" for name in columns.keys() ^ table.columns.keys()]
        for column in table.columns:
            made = columns.get(column.name)
            if made and made["nullable"] != column.nullable:
                wrong.append(f"{table.name}.{column.name}: nullable {made['nullable']} in the database")
            kind = getattr(made["type"], "data_type", made["type"]) if made else column.type  # a domain's own type
            stored = getattr(column.type, "impl", column.type)
            if made and kind.python_type != stored.python_type:
                wrong.append(f"{table.name}.{column.name}: {made['type']} in the database, {column.type} in the model")
    assert not wrong


def test_the_database_has_every_constraint_of_the_models_word_by_word(owner_url: str) -> None:
    """The models are drawn once more beside the tables that the migrations made; PostgreSQL tells both in its words."""
    import_models()
    told = text(
        "SELECT conrelid::regclass::text, conname, replace(pg_get_constraintdef(oid), 'drawn.', '') FROM pg_constraint"
        " WHERE connamespace = to_regnamespace(:schema) AND conrelid <> 0"
    )

    def constraints(schema: str) -> dict[tuple[str, str], list[str]]:
        rows = connection.execute(told, {"schema": schema})
        return {(table.removeprefix("drawn."), name): sorted(re.findall(r"\w+", rule)) for table, name, rule in rows}

    with create_engine(owner_url, poolclass=NullPool).begin() as connection:
        connection.execute(text("CREATE SCHEMA drawn"))
        Model.metadata.create_all(connection.execution_options(schema_translate_map={None: "drawn"}))
        drawn, made = constraints("drawn"), constraints("public")
    assert {key: rule for key, rule in drawn.items() if made.get(key) != rule} == {}


def test_the_app_owns_nothing_and_empties_nothing(owner_url: str) -> None:
    with create_engine(owner_url, poolclass=NullPool).connect() as connection:
        rights = connection.exec_driver_sql(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " AND (pg_get_userbyid(relowner) = 'app' OR has_table_privilege('app', oid, 'TRUNCATE'))"
        ).all()
        role = connection.exec_driver_sql(
            "SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = 'app'"
        ).scalar()
    assert not rights
    assert role is False


def test_the_app_cannot_move_business_time_unless_it_is_let(owner_url: str) -> None:
    """Business time opens sealed bids: outside demo and test mode nobody may move it past a deadline."""

    def may_move() -> bool:
        with create_engine(owner_url, poolclass=NullPool).connect() as connection:
            question = "SELECT has_table_privilege('app', 'clock_offset', 'UPDATE, INSERT, DELETE')"
            return bool(connection.exec_driver_sql(question).scalar())

    migrations.down(owner_url, "base")
    migrations.up(owner_url)
    assert not may_move()
    migrations.let_clock_move(owner_url)
    assert may_move()
