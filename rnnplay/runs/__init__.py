"""The run folder: the one link between whoever trains and whoever watches."""
