"""Migrated databases in an instant: a template is migrated once per state of the migrations.

Demo and tests begin with a new database each time; copying a template takes less than a second,
migrating an empty one many.
"""

import dataclasses

from launcher import django, say, stamps
from launcher.checkout import Checkout
from launcher.postgres import Cluster
from launcher.servers import Servers

PREFIX = "cityhub_template_"
HALF_MADE = "cityhub_template_new"


def wanted(checkout: Checkout) -> str:
    """Return the name of the template of this state of models, migrations and libraries."""
    files = [
        checkout.root / "requirements.txt",
        checkout.root / "cityhub" / "settings.py",
        *checkout.root.glob("*/migrations/*.py"),
        *checkout.root.glob("*/models.py"),
        *checkout.root.glob("*/models/*.py"),
    ]
    return PREFIX + stamps.digest(files)[:16]


def copy(checkout: Checkout, servers: Servers, cluster: Cluster, database: str) -> None:
    """Make the database anew, migrated and otherwise empty; `cluster` runs."""
    template = wanted(checkout)
    if not cluster.has_database(template):
        _make(checkout, servers, cluster, template)
    cluster.recreate_database(database, template=template)


def _make(checkout: Checkout, servers: Servers, cluster: Cluster, template: str) -> None:
    """Migrate a database beside, then give it the template's name; drop outdated ones."""
    say.step("migrating an empty database, to be copied from now on")
    cluster.recreate_database(HALF_MADE)
    beside = dataclasses.replace(servers, database_url=cluster.url(HALF_MADE))
    django.migrate(checkout, beside)
    for name in cluster.sql("SELECT datname FROM pg_database").splitlines():
        if name.startswith(PREFIX) and name != HALF_MADE:
            cluster.sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    cluster.sql(f'ALTER DATABASE "{HALF_MADE}" RENAME TO "{template}"')
