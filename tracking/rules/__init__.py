"""What a vehicle's events mean: pure folds, no ORM, no clock, no settings."""
