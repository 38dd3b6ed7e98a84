"""OTM 5.6: trips with their actions, events, vehicles and locations."""
