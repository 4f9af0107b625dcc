"""What can happen to a front door, by name. Each fault makes sure that it has happened before it returns.

hosts     an LB host or a program on it dies, freezes, goes
network   a link, VRRP, an address pair, the floating IP
members   a worker, a pod
payload   what the metadata says, or that it says nothing
"""
