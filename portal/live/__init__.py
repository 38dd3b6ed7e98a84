"""Live pages: one hub per process reads what changed once and fans it out to the browsers."""
