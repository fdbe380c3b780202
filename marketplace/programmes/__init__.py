"""Programmes, calls, budget lines, size standards and the eligibility engine."""
