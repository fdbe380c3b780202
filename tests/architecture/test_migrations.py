"""Migrations go up, down and up again, and end where the models are."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.pool import NullPool

import marketplace
from config.local.postgres import drop_database
from marketplace.core import migrations
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


def tables(url: str) -> set[str]:
    engine = create_engine(url, poolclass=NullPool)
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def test_each_step_goes_down_and_up(owner_url: str) -> None:
    assert migrations.missing(owner_url) == []
    before = tables(owner_url)
    steps = 0
    while tables(owner_url):
        migrations.down(owner_url, "-1")
        migrations.up(owner_url, "+1")
        migrations.down(owner_url, "-1")
        steps += 1
    assert len(migrations.missing(owner_url)) == steps
    migrations.up(owner_url)
    assert tables(owner_url) == before


def test_the_models_are_what_the_migrations_made(owner_url: str) -> None:
    import_models()
    found = inspect(create_engine(owner_url, poolclass=NullPool))
    wrong = []
    for table in Model.metadata.sorted_tables:
        columns = {column["name"]: column for column in found.get_columns(table.name)}
        wrong += [f"{table.name}.{name} is in one of the two only" for name in columns.keys() ^ table.columns.keys()]
        for column in table.columns:
            made = columns.get(column.name)
            if made and made["nullable"] != column.nullable:
                wrong.append(f"{table.name}.{column.name}: nullable {made['nullable']} in the database")
            kind = getattr(made["type"], "data_type", made["type"]) if made else column.type  # a domain's own type
            if made and kind.python_type != column.type.python_type:
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
