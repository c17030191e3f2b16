# SPDX-License-Identifier: Apache-2.0
"""Results of lorasweep as pandas frames.

    import lorasweep
    results = lorasweep.open("runs/bbh")          # a results file, or the directory of a run
    results.searches.groupby("task").accuracy.mean()

Nothing in a file is executed or unpickled. Frames and their columns: docs/python.md.
"""

from .results import Results, ResultsError, open  # noqa: A004: lorasweep.open is the name that users look for

__all__ = ["Results", "ResultsError", "open"]
