"""Self-diagnosis, jobs, questions, sealed bids and awards."""
