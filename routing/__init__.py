"""Problems, plans and reoptimization."""
