"""`python -m launcher`, called by the `hub` shim."""

import sys

from launcher.cli import main

sys.exit(main(sys.argv[1:]))
