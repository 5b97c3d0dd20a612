"""What everything stands on: errors, whole files, flags, names, processes."""
