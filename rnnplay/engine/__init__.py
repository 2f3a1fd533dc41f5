"""Heavy work in child processes: the engine, which answers on pipes, and trainers, which outlive who started them."""
