"""Nova's way to run servers in the sandbox: the virt driver, its machines and the launcher of
nova-compute."""
