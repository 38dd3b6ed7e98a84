"""Times in which a calendar is switched on; they are kept as everything recorded is."""

import django.contrib.postgres.constraints
import django.db.models.deletion
import foundation.ranges
import kernel.identifiers
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('zones', '0004_steps_of_a_version'),
    ]

    operations = [
        migrations.CreateModel(
            name='CalendarSwitch',
            fields=[
                ('id', models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('on_from', models.DateTimeField(verbose_name='on from')),
                ('on_until', models.DateTimeField(blank=True, null=True, verbose_name='on until')),
                ('recorded_from', models.DateTimeField(verbose_name='recorded from')),
                ('recorded_until', models.DateTimeField(blank=True, null=True, verbose_name='recorded until')),
                ('calendar', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='switches', to='zones.calendar')),
            ],
            options={
                'verbose_name': 'time in which a calendar is on',
                'verbose_name_plural': 'times in which a calendar is on',
                'ordering': ['on_from', 'id'],
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('recorded_until__isnull', True)), expressions=[('calendar', '='), (foundation.ranges.TsTzRange('on_from', 'on_until'), '&&')], name='calendar_switch_on_once', violation_error_message='The calendar is on at that time already.'), models.CheckConstraint(condition=models.Q(('on_until__isnull', True), ('on_until__gt', models.F('on_from')), _connector='OR'), name='calendar_switch_order', violation_error_message='The period ends before it begins.'), models.CheckConstraint(condition=models.Q(('recorded_until__isnull', True), ('recorded_until__gte', models.F('recorded_from')), _connector='OR'), name='calendar_switch_recorded_order', violation_error_message='The period ends before it begins.')],
            },
        ),
        migrations.RunSQL(
            "CREATE TRIGGER zones_calendarswitch_kept BEFORE UPDATE OR DELETE"
            " ON zones_calendarswitch"
            " FOR EACH ROW EXECUTE FUNCTION zones_keep_what_is_recorded()",
            "DROP TRIGGER zones_calendarswitch_kept ON zones_calendarswitch",
        ),
    ]
