"""OpenStack 2026.1 with networks that carry packets and servers that boot, as processes of the sandbox."""
