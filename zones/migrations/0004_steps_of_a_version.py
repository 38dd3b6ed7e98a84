"""A version goes from state to state as the city's officials do, and stands while reviewed.

Suspensions are kept as everything recorded is.
"""

from django.db import migrations

STEPS = """
CREATE FUNCTION zones_steps_of_a_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> NEW.state AND OLD.state || '>' || NEW.state NOT IN (
        'draft>reviewed', 'reviewed>draft', 'draft>published', 'reviewed>published',
        'published>suspended', 'published>annulled', 'published>superseded',
        'suspended>published', 'suspended>annulled', 'suspended>superseded',
        'superseded>annulled', 'superseded>published', 'superseded>suspended'
    ) THEN
        RAISE EXCEPTION 'A version does not go from % to %.', OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state = 'reviewed' AND NEW.state <> 'draft' AND (
        NEW.rows, NEW.legal_from, NEW.legal_until, NEW.vacate_by_s, NEW.reviewed_by,
        NEW.regulation_id
    ) IS DISTINCT FROM (
        OLD.rows, OLD.legal_from, OLD.legal_until, OLD.vacate_by_s, OLD.reviewed_by,
        OLD.regulation_id
    ) THEN
        RAISE EXCEPTION 'What was reviewed does not change.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("zones", "0003_review_and_suspension")]

    operations = [
        migrations.RunSQL(STEPS, "DROP FUNCTION zones_steps_of_a_version()"),
        migrations.RunSQL(
            "CREATE TRIGGER zones_regulationversion_steps BEFORE UPDATE ON zones_regulationversion"
            " FOR EACH ROW EXECUTE FUNCTION zones_steps_of_a_version()",
            "DROP TRIGGER zones_regulationversion_steps ON zones_regulationversion",
        ),
        migrations.RunSQL(
            "CREATE TRIGGER zones_suspension_kept BEFORE UPDATE OR DELETE ON zones_suspension"
            " FOR EACH ROW EXECUTE FUNCTION zones_keep_what_is_recorded()",
            "DROP TRIGGER zones_suspension_kept ON zones_suspension",
        ),
    ]
