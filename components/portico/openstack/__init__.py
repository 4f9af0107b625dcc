"""All that is asked of OpenStack, and what is the same for every kind of load balancer there."""
