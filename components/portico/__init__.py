"""Portico: a front door for Kubernetes where the platform has no load balancer."""
