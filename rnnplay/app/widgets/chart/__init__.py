"""The loss chart: dots, axes, the drawing, and the widget that shows it."""
