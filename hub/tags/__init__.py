"""Tags in their dimensions, with expiry and reminders, and segments over them. Pure."""
