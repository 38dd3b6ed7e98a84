"""Cities, people, organisations, mandates and machine clients."""
