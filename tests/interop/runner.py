"""Runs one unittest module and leaves its counts where PARLEY_UNITTEST_REPORT says."""
import json
import os
import sys
import unittest


class Result(unittest.TextTestResult):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def main():
    suite = unittest.defaultTestLoader.loadTestsFromName(sys.argv[1])
    result = unittest.TextTestRunner(verbosity=2, resultclass=Result).run(suite)
    failures = [str(test) for test, _ in result.failures + result.errors]
    report = {"passed": result.passed, "failed": len(failures), "skipped": len(result.skipped), "failures": failures}
    if path := os.environ.get("PARLEY_UNITTEST_REPORT"):
        with open(path, "w") as file:
            json.dump(report, file)
    return 0 if result.wasSuccessful() else 1


sys.exit(main())
