"""EPCIS 2.0: what was seen of units and assets, as GS1 tells it."""
