"""PostGIS, where a kept connection is looked at without a question to the server."""

import select

from django.contrib.gis.db.backends.postgis import base


class DatabaseWrapper(base.DatabaseWrapper):
    """GeoDjango's, but for the look at a connection before it is used again."""

    def is_usable(self) -> bool:
        """Return whether the connection still works.

        A server that ends, or ends a connection, tells it: at rest there is nothing to read on one
        that lives. Where there is, or something went wrong before, the server is asked.
        """
        connection = self.connection
        if self.errors_occurred or connection is None or connection.closed:
            return super().is_usable()
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        return not poll.poll(0) or super().is_usable()
