"""Writes of carriers."""
