"""What can happen to a front door, by name. Each fault makes sure that it has happened before it returns.

hosts         an LB host, or a program on it, dies, freezes, is stopped or deleted
hypervisors   a hypervisor freezes, or the two are cut apart
network       a link, VRRP, an address pair, the floating IP goes
members       a worker, a pod
payload       what the metadata says, or that it says nothing

A clock that jumps is not among them: the sandbox's servers share the machine's.
"""
