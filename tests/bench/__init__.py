"""Benchmarks: the product beside the same work done by the database alone; run by hand, not by the tests."""
