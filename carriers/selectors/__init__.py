"""Reads of carriers."""
