"""The widget of the loss chart."""
