"""Programs that print figures: what is fast, what is slow, and beside what. None is a test."""
