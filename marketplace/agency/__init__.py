"""What the agency says of itself, each from a day on and by two people: its profile and its bank account."""
