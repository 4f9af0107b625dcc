"""All that is asked of a Kubernetes cluster."""
