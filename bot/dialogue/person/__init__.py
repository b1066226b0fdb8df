"""How a conversation goes to a person and comes back, as the resident meets it."""
