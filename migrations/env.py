"""How Alembic runs our scripts: on the connection that it is given, else on `$PROVENANCE_CATALOGUE` (a URL).

It configures no logging: that belongs to the program that runs us.
"""

import os

from alembic import context
from sqlalchemy import Connection

from provenance.catalogue.engine import Access, make_engine, parse_url
from provenance.catalogue.tables import Base, add_postgresql_options


def run(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        add_postgresql_options()
    context.configure(
        connection=connection, target_metadata=Base.metadata, render_as_batch=True, compare_server_default=True
    )
    with context.begin_transaction():
        context.run_migrations()


if (given := context.config.attributes.get("connection")) is not None:
    run(given)
else:
    url = parse_url(os.environ.get("PROVENANCE_CATALOGUE", "sqlite:///catalogue.sqlite"))
    with make_engine(url, Access.CREATE).begin() as made:
        run(made)
