"""Questions asked by programs: a typed API over HTTP, its client, and the pool that answers."""
