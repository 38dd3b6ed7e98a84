"""Benchmarks: `./hub bench NAME`."""
