"""Writes of zones: `grounds` (zones and their geometry), `regulations`, `permits`, `calendars`."""
