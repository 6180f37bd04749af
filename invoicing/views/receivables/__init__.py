"""What customers owe: by age, as a statement for each of them, and reminders of it."""
