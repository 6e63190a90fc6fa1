"""The doors: command line and chat page. No domain logic."""
