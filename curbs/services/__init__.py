"""Writes of the curb: lines and zones, bookings, stays."""
