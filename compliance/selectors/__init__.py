"""Reads of compliance: `acts` (visits and stays to be judged)."""
