"""`python -m warmfit` is the `warmfit` command."""

from __future__ import annotations

from warmfit.cli import main

if __name__ == "__main__":
    main()
