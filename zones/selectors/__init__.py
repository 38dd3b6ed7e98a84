"""Reads of zones: `book(city_id)` for evaluations, `permits` for who holds what."""

from zones.selectors.books import book

__all__ = ["book"]
