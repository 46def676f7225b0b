"""``python -m planner.cli``."""

import sys

from planner.cli.run import main

if __name__ == "__main__":
    sys.exit(main())
