"""What the events mean: vehicle and trip state, stop progress, zone visits and curb stays."""
