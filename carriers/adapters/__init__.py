"""Other dialects than ours: MDS 2.0 Agency, OTM 5.6 and EPCIS 2.0 as canonical events. Pure.

Each dialect reads a message into structs (`read`), says what has to be looked up (`asks`) and
makes canonical events of it (`translate`). What it cannot map it keeps and says so; it never
guesses. `docs/api/dialects.md` holds the tables.
"""
