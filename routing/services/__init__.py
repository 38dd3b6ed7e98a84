"""What makes runs and plans."""
