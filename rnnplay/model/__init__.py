"""The character model: its settings, its cost, its file, and the network itself."""
