"""What "it serves" means: an LB host that says so on its console, an address that answers for an application.

Waits, bounded, with a line on progress, and names the hop that is broken; changes nothing; never in previews.
Read by kinds.openstack_haproxy and exposure.
"""
