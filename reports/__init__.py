"""Read models and exports. Writes no domain data."""
