"""Writes of compliance: `findings` (judge, withdraw, confirm)."""
