"""Run the verifier, as a package or as the main file of a zip."""

import sys

from verifier.cli import main

sys.exit(main())
