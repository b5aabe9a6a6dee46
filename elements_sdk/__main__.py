"""The command line, as `python -m elements_sdk`."""

from elements_sdk.cli import main

if __name__ == "__main__":
    main()
