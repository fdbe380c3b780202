"""Settings, law and programmes as data, and the one-machine installation; knows no area."""
