"""The roof: settings, urls, processes. Nobody imports it."""
