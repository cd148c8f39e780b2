"""`python -m faxdispatch.cli`: the command line where its script is not on the path."""

from faxdispatch.cli import main

if __name__ == "__main__":
    main()
