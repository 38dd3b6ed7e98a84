"""Runs the simulated day against this installation: the clock, the doors, the comparison."""
