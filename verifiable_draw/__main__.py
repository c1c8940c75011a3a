"""`python -m verifiable_draw` is the command line `vdraw`."""

from verifiable_draw.cli import main

if __name__ == "__main__":
    main()
