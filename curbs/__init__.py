"""The physical curb and its bookings; the one composition of zone and curb rules."""
