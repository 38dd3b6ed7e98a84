"""Findings and their journal. Changes no event."""
