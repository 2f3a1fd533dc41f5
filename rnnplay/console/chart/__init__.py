"""A loss chart as cells and as a picture: dots, axes, curves, and where each goes."""
