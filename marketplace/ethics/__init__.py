"""Ethics checks of finished engagements, the flags they raise, and the cases that officers decide."""
