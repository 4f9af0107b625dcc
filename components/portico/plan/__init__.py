"""What will be built, and why, as frozen values; made in plan.make."""
