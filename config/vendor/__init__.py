"""Design system, fonts and accessibility checker that are copied into this repository."""
