"""The pages of rules: zones, versions of regulations, and permits. Officials only."""
