"""The places and the dialogs: one screen a file, its look beside it."""
