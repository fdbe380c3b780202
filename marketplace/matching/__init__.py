"""The order in which providers are shown for a job, with its reasons."""
