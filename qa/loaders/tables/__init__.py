"""Read tables and records: import from the modules, since text with tables needs them too."""
