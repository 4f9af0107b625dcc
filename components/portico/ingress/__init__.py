"""The ingress controllers, a folder each, and their table."""
