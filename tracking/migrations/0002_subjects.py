from django.db import migrations, models


class Migration(migrations.Migration):
    """States and snapshots belong to a subject: a vehicle or a facility. Nothing is rewritten."""

    dependencies = [("tracking", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"ALTER TABLE {table} RENAME COLUMN vehicle_id TO subject_id",
                    f"ALTER TABLE {table} RENAME COLUMN subject_id TO vehicle_id",
                )
                for table in ("tracking_foldstate", "tracking_snapshot")
            ],
            state_operations=[
                migrations.RenameField("foldstate", "vehicle_id", "subject_id"),
                migrations.DeleteModel("Snapshot"),
                migrations.CreateModel(
                    name="Snapshot",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "subject_id", "at", blank=True, editable=False,
                                primary_key=True, serialize=False,
                            ),
                        ),
                        ("subject_id", models.UUIDField()),
                        ("at", models.DateTimeField()),
                        ("state", models.BinaryField()),
                    ],
                    options={
                        "verbose_name": "snapshot",
                        "verbose_name_plural": "snapshots",
                        "indexes": [models.Index(fields=["at"], name="snapshot_at")],
                    },
                ),
            ],
        ),
    ]
