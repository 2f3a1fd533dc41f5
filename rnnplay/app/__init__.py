"""The Textual app: widgets and messages. It computes nothing, and no torch and no numpy is in its process."""
