"""What the names in the Makefile do: a module for each group of them."""
