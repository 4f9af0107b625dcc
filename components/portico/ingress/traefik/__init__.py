"""The ingress controller Traefik."""
