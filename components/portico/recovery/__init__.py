"""Recovery of an interrupted `up`: `python -m portico.recovery`. Why, and what each step does:
docs/operations.md."""
