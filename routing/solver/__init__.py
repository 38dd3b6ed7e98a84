"""Vehicle routing without Django: a problem in, routes and reasons out."""
