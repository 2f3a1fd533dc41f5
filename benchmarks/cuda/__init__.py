"""A check of everything that rnnplay does on a GPU, for the first machine that has one."""
