"""Reads of tracking."""
