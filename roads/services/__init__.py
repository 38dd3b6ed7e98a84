"""What changes a city's streets, views and speeds."""
