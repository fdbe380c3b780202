"""Background work: thin tasks that call one service each."""
