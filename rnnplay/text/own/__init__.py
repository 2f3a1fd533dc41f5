"""The user's own texts: files that stay where they are, and texts that are kept."""
