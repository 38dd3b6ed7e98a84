"""Vehicles, facilities, routes as sent and the event log. Judges nothing and knows no zone."""
