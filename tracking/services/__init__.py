"""Writes of tracking: the projections, and nothing else."""
