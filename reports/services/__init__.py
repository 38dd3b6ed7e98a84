"""Writes of the read models: only consumers and recounts."""
