"""The rules of the house, as tests: each finds every place that breaks one."""
