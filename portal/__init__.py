"""HTML pages. Holds no rule."""
