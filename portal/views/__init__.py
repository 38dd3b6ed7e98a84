"""The pages: each calls selectors and services and renders a template."""
