"""Reads of compliance: `acts` (visits and stays to be judged), `presence` (who is where)."""
