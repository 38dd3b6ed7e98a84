"""States of folds are written anew, as arrays of fields: those of before cannot be read.

They begin anew, and a rebuild that the next ticks carry out derives them from the log.
"""

from typing import Any

from django.db import migrations



def restart(apps: Any, _schema_editor: Any) -> None:
    """Let all folds begin anew and have them rebuilt."""
    from kernel.clock import wall
    from tracking.rules import fold
    from tracking.services.subjects import CONSUMERS, OF_KIND

    states = apps.get_model("tracking", "FoldState").objects
    now = wall()
    for kind, consumer in CONSUMERS.items():
        begun = fold.freeze(OF_KIND[kind].begun())
        if states.filter(kind=kind).update(state=begun):
            apps.get_model("foundation", "Rebuild").objects.create(
                consumer=consumer, scope={}, announce=True, started_at=now, moved_at=now
            )
    apps.get_model("tracking", "Snapshot").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = (
        ("tracking", "0003_meaning"),
        ("foundation", "0002_stopped_and_rebuilds"),
    )

    operations = (migrations.RunPython(restart, migrations.RunPython.noop),)
