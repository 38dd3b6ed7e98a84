"""Reading a city's streets, networks, speeds and base map."""
