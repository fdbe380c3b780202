"""Demo data made by the verbs, a movable clock, the outbox and the bank's part; never in production."""
