"""Run one or more shops until Ctrl-C (`make run`)."""
