"""Reports: what a finished run looks like."""
