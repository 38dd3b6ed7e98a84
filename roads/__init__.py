"""Streets: routing graphs and views, travel times, speeds of segments, the base map."""
