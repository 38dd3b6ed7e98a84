"""The simulated working day, its own truth and its own checker of plans."""
