"""An OpenStack and a Kubernetes on one Linux machine, for `make up` and for the tests that need real ones.

A part of its own: it imports nothing of components/, and nothing there knows it. Portico meets it through
clouds.yaml and kubeconfig, as it meets any cloud. Everything lives below one data folder and inside its own
network, process and mount namespaces.
"""
