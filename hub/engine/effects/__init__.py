"""What each kind of event does to the rows of its step. No I/O: rows come from the workspace and go back to it."""
