"""What is recorded never changes: the database refuses, whoever asks.

Of a recorded row only the end of its record may be set, once, and the state that names it.
"""

from django.db import migrations

KEEP = """
CREATE FUNCTION zones_keep_what_is_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.recorded_from IS NULL THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE'
        AND to_jsonb(NEW) - 'state' - 'recorded_until' = to_jsonb(OLD) - 'state' - 'recorded_until'
        AND (OLD.recorded_until IS NULL OR NEW.recorded_until = OLD.recorded_until)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'What is recorded in % does not change.', TG_TABLE_NAME
        USING ERRCODE = 'check_violation';
END $$;
"""
TABLES = ("zones_regulationversion", "zones_zonegeometry", "zones_calendarday")


class Migration(migrations.Migration):
    dependencies = [("zones", "0001_initial")]

    operations = [
        migrations.RunSQL(KEEP, "DROP FUNCTION zones_keep_what_is_recorded()"),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION zones_keep_what_is_recorded()",
                f"DROP TRIGGER {table}_kept ON {table}",
            )
            for table in TABLES
        ),
    ]
