"""What lies on the ground and what was published never changes: the database refuses it."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION curbs_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows never change', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION curbs_close_record_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.recorded_until IS NULL
       AND to_jsonb(NEW) - 'recorded_until' = to_jsonb(OLD) - 'recorded_until' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'of a % row only the record may be closed, once', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION curbs_close_zone_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.recorded_until IS NULL
       AND (OLD.legal_until IS NULL
            OR (NEW.legal_until IS NOT DISTINCT FROM OLD.legal_until
                AND NEW.end_recorded_at IS NOT DISTINCT FROM OLD.end_recorded_at))
       AND to_jsonb(NEW) - ARRAY['recorded_until', 'legal_until', 'end_recorded_at']
         = to_jsonb(OLD) - ARRAY['recorded_until', 'legal_until', 'end_recorded_at'] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a curb zone only ends, once' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER curbs_line_immutable BEFORE UPDATE OR DELETE ON curbs_curbline
    FOR EACH ROW EXECUTE FUNCTION curbs_refuse_change();
CREATE TRIGGER curbs_zone_kept BEFORE DELETE ON curbs_curbzone
    FOR EACH ROW EXECUTE FUNCTION curbs_refuse_change();
CREATE TRIGGER curbs_zone_immutable BEFORE UPDATE ON curbs_curbzone
    FOR EACH ROW EXECUTE FUNCTION curbs_close_zone_only();
CREATE TRIGGER curbs_policy_kept BEFORE DELETE ON curbs_curbpolicyversion
    FOR EACH ROW EXECUTE FUNCTION curbs_refuse_change();
CREATE TRIGGER curbs_policy_immutable BEFORE UPDATE ON curbs_curbpolicyversion
    FOR EACH ROW EXECUTE FUNCTION curbs_close_record_only();
"""

BACKWARD = """
DROP TRIGGER curbs_policy_immutable ON curbs_curbpolicyversion;
DROP TRIGGER curbs_policy_kept ON curbs_curbpolicyversion;
DROP TRIGGER curbs_zone_immutable ON curbs_curbzone;
DROP TRIGGER curbs_zone_kept ON curbs_curbzone;
DROP TRIGGER curbs_line_immutable ON curbs_curbline;
DROP FUNCTION curbs_close_zone_only();
DROP FUNCTION curbs_close_record_only();
DROP FUNCTION curbs_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("curbs", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
