"""The kind `openstack-haproxy`."""
