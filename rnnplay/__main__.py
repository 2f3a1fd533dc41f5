"""`rnnplay` and `python -m rnnplay`."""

from rnnplay.cli.entry import main

if __name__ == "__main__":
    main()
