"""Writing text with a trained network, one character after another."""
