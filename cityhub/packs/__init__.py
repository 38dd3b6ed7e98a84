"""City packs: a folder that says all a city needs to begin. See docs/city-packs.md."""
