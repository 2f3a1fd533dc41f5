"""The commands. Each module of this folder holds a group of them; what is slow to import is imported when it runs."""
