"""The start page of every role, the main menu, and the pages about the service itself."""
