"""Zones, versions of regulations and permits in the words of pages. No rule is decided here."""
