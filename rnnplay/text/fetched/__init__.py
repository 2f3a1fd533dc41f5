"""Texts from elsewhere: fetched, checked, unpacked, kept."""
