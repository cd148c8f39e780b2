"""`python -m tests.chaos.worker`: a worker that dies at the step that its environment names, if it names one."""

import os
import sys
from dataclasses import replace

from tests.chaos.killing import VARIABLE, killer
from worker.__main__ import main
from worker.app import app

if __name__ == "__main__":
    app.collaborators = replace(app.collaborators, reached=killer(os.environ.get(VARIABLE)))
    sys.exit(main())
