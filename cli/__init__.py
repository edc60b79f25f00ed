"""The command line: `bin/livery`."""
