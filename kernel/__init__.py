"""Pure ground: values and arithmetic that every package may use. Imports no Django."""
