"""Who may sign in to the console."""
