"""How the Pulumi CLI, its plugins and the sandbox's programs reach a machine.

Knows nothing of stacks and of `make`. What is an original and what a stand-in: docs/tools.md.
"""
