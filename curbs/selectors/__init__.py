"""Reads of the curb: snapshots, availability, bookings."""
