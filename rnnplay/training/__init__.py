"""Learning: settings, events, the trainer and the loop around it."""
