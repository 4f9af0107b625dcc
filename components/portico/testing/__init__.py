"""For those who write a kind of load balancer of their own: a recorder of what a program asks Pulumi for, and
the contract that every kind is held against. How to use them: docs/add-a-kind.md.

Needs pytest nowhere: the contract is a class of plain asserts.
"""

from .contract import Contract
from .recorder import UNKNOWN, Answer, Recorder, Resource, Secret, build
from .subject import Built, Subject

__all__ = ["UNKNOWN", "Answer", "Built", "Contract", "Recorder", "Resource", "Secret", "Subject", "build"]
