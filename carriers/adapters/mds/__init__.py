"""MDS 2.0 Agency: vehicles, trips, telemetry and events that a provider pushes."""
