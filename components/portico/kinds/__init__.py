"""The kinds of load balancer, a folder each, and their table."""
