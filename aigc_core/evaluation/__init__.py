"""One report a model, by task: ``python -m aigc_core.evaluation NAME``. Needs data that is not part of the project."""
