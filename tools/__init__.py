"""How the Pulumi CLI, its plugins and the sandbox's programs reach a machine, and what `make` does with them.

Run from the checkout root: `python -m tools`. Uses the standard library alone, so that it can run before
anything is installed. What is an original and what a stand-in: docs/tools.md.
"""
