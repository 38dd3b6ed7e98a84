"""Access zones and regulations as immutable versions, calendars and permits."""
