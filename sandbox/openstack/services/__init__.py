"""One module for each group of services: its configuration files and its programs, both pure functions of a
Site."""
