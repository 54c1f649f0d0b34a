"""Pictures that teach: the numbers come from the real optimizers, schedules and networks, and only then are drawn."""
