"""Writes of compliance: `findings` (judge, withdraw, confirm), `checks` (of plates)."""
