"""What this machine does: its arithmetic, and how fast networks train and write on it, beside what it could give."""
