"""How the Pulumi CLI, its plugins and the sandbox's programs reach a machine, and what `make` does with them.

`toolchain` is the first, `make` the second. Run from the checkout root: `python -m tools`. Uses the standard
library alone, so that it can run before anything is installed.
"""
