"""What is known of a text before a network reads it: its figures, what simple models reach, the best there is."""
