"""Models of the task ``video``."""

from aigc_core.types import ModelSpec

ROWS: tuple[ModelSpec, ...] = ()
