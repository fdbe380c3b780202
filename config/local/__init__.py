"""One machine: the embedded PostgreSQL and Valkey, and the supervisor of all processes."""
