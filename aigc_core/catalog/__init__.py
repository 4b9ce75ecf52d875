"""Registry rows, one module per task; the first row of a module is the task's default."""
