"""One visible loop a file, run as ``python -m aigc_core.training.<name>``: batch, loss, backward, step, events. Needs torch alone."""
