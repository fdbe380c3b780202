"""The database: engine, session, model base and the unit of work; commit and rollback live here alone."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from enum import StrEnum
from select import POLLIN, poll
from typing import Any, TypeVar
from uuid import UUID, uuid4

import psycopg
from psycopg.abc import RV, PQGen
from sqlalchemy import (
    JSON,
    BindParameter,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    Engine,
    Insert,
    Integer,
    MetaData,
    Row,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    Text,
    TypeDecorator,
    Uuid,
    bindparam,
    cast,
    column,
    create_engine,
    event,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import (
    DeclarativeBase,
    InstrumentedAttribute,
    Mapped,
    Session,
    TypeResolve,
    mapped_column,
    scoped_session,
    sessionmaker,
)
from sqlalchemy.orm.interfaces import ORMOption
from sqlalchemy.orm.util import identity_key

from marketplace.core import clock
from marketplace.core.errors import NotFound
from marketplace.core.text import plain_text

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# What is given to an INSERT that runs are values of its parameters, and no rows.
ONE_STATEMENT = {"dml_strategy": "orm"}

_decoder = json.JSONDecoder()

session: scoped_session[Session] = scoped_session(sessionmaker(expire_on_commit=False))

# What runs once the work is safely stored: bells for the workers. Losing one loses nothing.
_after_commit: list[Callable[[Session], None]] = []


# Seconds, and milliseconds, after which the kernel gives a silent server up; an idle connection is asked each minute.
LINE: Mapping[str, Any] = {"connect_timeout": 3, "tcp_user_timeout": 5000, "keepalives_idle": 60}


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that doesn't wait for a silent server for ever.

    The server's own timeouts end nothing when it hangs, nor do TCP's while its kernel still answers.
    """

    patience: float | None = None  # seconds

    def is_closed_by_server(self) -> bool:
        """Say whether the server, or the kernel that lost it, ended an idle connection: then there is an end to read.

        It costs nothing beside a question to the server, which made up a twentieth of a small page.
        """
        if self.closed:
            return True
        end = poll()
        end.register(self.fileno(), POLLIN)
        return bool(end.poll(0))

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for the server; OperationalError, and a closed connection, when it stays silent too long."""
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.errors._WaitTimeout:
            self.pgconn.finish()
            raise


class Model(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {
        str: Text,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        dict[str, str]: JSONB,
        dict[str, int]: JSONB,
        list[str]: ARRAY(Text),
        list[dict[str, Any]]: JSONB,
    }


class EnumText(TypeDecorator[StrEnum]):
    """Text that holds the value of one of an enum's members; ValueError for any other."""

    impl = Text
    cache_ok = True

    def __init__(self, members: type[StrEnum]) -> None:
        super().__init__()
        self.members = members

    @property
    def python_type(self) -> type[str]:
        """What the database holds."""
        return str

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The member's value; the value itself will do."""
        return None if value is None else self.members(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        """The member of this value."""
        return None if value is None else self.members(value)


@event.listens_for(Model.registry, "resolve_type_annotation")
def _column_of_members(annotation: TypeResolve) -> EnumText | None:
    """`status: Mapped[CallStatus]` is all that a column needs."""
    kind = annotation.resolved_type
    return EnumText(kind) if isinstance(kind, type) and issubclass(kind, StrEnum) else None


@event.listens_for(Model, "attribute_instrument", propagate=True)
def _set_members_only(model: type[Model], key: str, attribute: Any) -> None:
    """What is assigned becomes a member at once, and not only when it is read again."""
    columns = getattr(attribute.property, "columns", None)
    if columns and isinstance(columns[0].type, EnumText):
        members = columns[0].type.members

        @event.listens_for(attribute, "set", retval=True)
        def member_of(row: Model, value: str | None, before: object, initiator: object) -> StrEnum | None:
            return None if value is None else members(value)


Entity = TypeVar("Entity", bound=Model)


def uuid_key() -> Mapped[UUID]:
    """A primary key that nobody can guess."""
    return mapped_column(primary_key=True, default=uuid4, server_default=func.gen_random_uuid())


def created_at() -> Mapped[datetime]:
    """The business time at which the row was made."""
    return mapped_column(server_default=func.app_now())


def connect(url: str, *, statement_timeout: timedelta = timedelta(seconds=5), pool_size: int = 8) -> Engine:
    """Bind the session to a database; statements, lock waits and silence are bounded."""
    options = f"-c statement_timeout={int(statement_timeout.total_seconds() * 1000)} -c lock_timeout=3000"
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=2,
        pool_timeout=5,
        json_deserializer=_from_json,
        hide_parameters=True,  # an error must show no sealed bid and no personal data
        connect_args={"options": f"{options} -c timezone=UTC"},
    )
    bound_waiting(engine, statement_timeout)

    @event.listens_for(engine, "checkout")
    def _check_open(connection: BoundedConnection, record: Any, proxy: Any) -> None:
        if connection.is_closed_by_server():
            raise InvalidatePoolError()

    session.remove()
    session.configure(bind=engine)
    return engine


def bound_waiting(engine: Engine, statement_timeout: timedelta) -> None:
    """Let the engine's connections give up on a database that is silent for longer than any statement may take."""

    @event.listens_for(engine, "do_connect")
    def _connect(dialect: Any, record: Any, arguments: Any, options: dict[str, Any]) -> BoundedConnection:
        made = BoundedConnection.connect(*arguments, **{**LINE, **options})
        made.patience = statement_timeout.total_seconds() + 2
        return made


def disconnect() -> None:
    """Close the connections that lie ready; the next unit of work opens another."""
    session.remove()
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    engine.dispose()


def _from_json(raw: bytes) -> Any:
    """As json.loads, which looks first in which encoding the bytes are."""
    return _decoder.decode(raw.decode())


def after_commit(hook: Callable[[Session], None]) -> None:
    """Call `hook` after each stored unit of work; for hints only."""
    if hook not in _after_commit:
        _after_commit.append(hook)


def commit() -> None:
    """Store the unit of work, then ring the bells."""
    session.commit()
    for hook in _after_commit:
        hook(session())


def rollback() -> None:
    """Undo the unit of work."""
    session.rollback()
    session.info.clear()


def end_reading() -> None:
    """End a unit of work that only read; what it changed in memory is forgotten.

    By COMMIT, since the driver forgets its prepared statements at every ROLLBACK, and the database then plans each
    statement of each page anew: three times its work for a page.
    """
    session.expunge_all()
    session.commit()


@contextmanager
def unit_of_work() -> Iterator[None]:
    """An edge: all of the block is stored, or nothing of it."""
    try:
        yield
        commit()
    except BaseException:
        rollback()
        raise
    finally:
        session.remove()


def flush() -> None:
    """Send pending changes now, so that a constraint speaks inside the verb."""
    session.flush()


def get(model: type[Entity], key: UUID, *, lock: bool = False, options: Sequence[ORMOption] = ()) -> Entity:
    """The row with this key, locked until the end of the unit of work if asked; NotFound without one.

    The lock leaves foreign keys alone (NO KEY): of two who each made a row that points here and then want this one
    whole, each would wait for the other.
    """
    held = {"of": model, "key_share": True} if lock else None
    row = session.get(model, key, options=options, with_for_update=held, populate_existing=lock)
    if row is None:
        raise NotFound()
    return row


def one(statement: Select[Entity], **values: Any) -> Entity:
    """The one entity of a select, with the values of its parameters; NotFound without one."""
    entity = session.scalars(statement, values).unique().one_or_none()
    if entity is None:
        raise NotFound()
    return entity


def one_row(statement: Select[*tuple[Any, ...]], **values: Any) -> Row[Any]:
    """The one row of a select of columns, with the values of its parameters; NotFound without."""
    row = session.execute(statement, values).one_or_none()
    if row is None:
        raise NotFound()
    return row


def forget(model: type[Model], key: UUID) -> None:
    """Read this row anew when it is next looked at: a function of the database changed it."""
    known = session.identity_map.get(identity_key(model, key))
    if known is not None:
        session.expire(known)


def array(values: Sequence[Any], kind: Any = Uuid) -> BindParameter[Any]:
    """Many ids (or values of another column type) as one value of a statement, however many they are."""
    return literal(list(values), ARRAY(kind))


def contains(column: InstrumentedAttribute[Any] | ScalarSelect[Any], typed: str) -> ColumnElement[bool]:
    """Whether the column holds what was typed into a search, compared as texts are; % and _ stand for themselves."""
    return func.plain_text(column).contains(plain_text(typed), autoescape=True)


def insert_all(model: type[Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert many rows with the same columns in one statement; their values travel as one JSON."""
    if not rows:
        return
    known = model.__table__.columns
    columns = [column(name, known[name].type) for name in rows[0]]
    values = cast(literal(json.dumps(rows, default=str), Text), JSON)
    given = func.json_to_recordset(values).table_valued(*columns, name="given").render_derived(with_types=True)
    session.execute(insert(model).from_select(list(rows[0]), select(*given.columns), include_defaults=False))


def insert_from(model: type[Model], condition: ColumnElement[bool], **values: SQLColumnExpression[Any]) -> Insert:
    """An INSERT of these values for each row that the condition is true of; it can be a part (CTE) of a larger one."""
    rows = select(*values.values()).where(condition)
    return insert(model).from_select(list(values), rows, include_defaults=False).execution_options(**ONE_STATEMENT)


def parameters(model: type[Model], *names: str) -> dict[str, ColumnElement[Any]]:
    """Values of these columns that are given when the statement runs, under the columns' names."""
    known = model.__table__.columns
    return {name: bindparam(name, type_=known[name].type) for name in names}


def today() -> BindParameter[date]:
    """The agency's day, as part of a statement that may be kept: the day on which it runs."""
    return bindparam("today", callable_=clock.today, type_=Date)


def number(prefix: str) -> ColumnElement[str]:
    """next_number() as part of a statement, which may be kept: the year is that of the day on which it runs."""
    return func.next_number(prefix, bindparam("year", callable_=lambda: clock.today().year, type_=Integer, unique=True))


def next_number(prefix: str) -> str:
    """The next number that people see, such as APP-2026-000123; gaps are allowed."""
    return next_numbers(prefix, 1)[0]


def next_numbers(prefix: str, count: int) -> list[str]:
    """So many next numbers at once."""
    return list(session.scalars(select(number(prefix)).select_from(func.generate_series(1, count))))


def act_as(organisation_id: UUID | None) -> None:
    """Tell the database's row security for whom this unit of work reads sealed bids."""
    session.execute(text("SELECT set_config('app.organisation_id', :id, true)"), {"id": str(organisation_id or "")})


def load_clock() -> None:
    """Take over the stored offset of business time (demo and test mode)."""
    shift = session.connection().exec_driver_sql("SELECT shift FROM clock_offset").scalar()
    clock.set_offset(shift or timedelta())


def move_clock(by: timedelta) -> None:
    """Move the stored business time; demo and test mode only."""
    clock.set_offset(session.scalar(text("UPDATE clock_offset SET shift = shift + :by RETURNING shift"), {"by": by}))


def wait_for_disk(wait: bool) -> None:
    """Say whether commits of this connection wait until they are on disk; for what is made anew after a crash."""
    session.execute(text(f"SET synchronous_commit = {'on' if wait else 'off'}"))
