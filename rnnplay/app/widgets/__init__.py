"""What the places are made of: each is given what to show and says what was done to it."""
