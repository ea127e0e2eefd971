"""pytest -p tap_plugin: prints TAP instead of pytest's own report."""

import pytest

LONGEST_NAME = 160  # the arguments of a parametrised test are part of its name


class Tap:
    def __init__(self):
        self.cases = 0
        self.reports = []  # of the present test: setup, call, teardown

    def case(self, ok, name, note="", details=""):
        self.cases += 1
        name = name.replace("#", "%23").replace("\n", " ")
        name = name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME] + "..."
        print(f"{'ok' if ok else 'not ok'} {self.cases} - {name}{note}", flush=True)
        for line in details.splitlines():
            print(f"#   {line}", flush=True)

    @staticmethod
    def details(report):
        parts = [report.longreprtext]
        parts += [f"---- {title}\n{text}" for title, text in report.sections if text.strip()]
        return "\n".join(parts)

    # -- hooks

    def pytest_collectreport(self, report):
        if report.failed:
            self.case(False, f"collecting {report.nodeid}", details=self.details(report))
        elif report.skipped:
            reason = report.longrepr[2].removeprefix("Skipped: ")
            self.case(True, report.nodeid, f" # SKIP {reason}")

    def pytest_runtest_logreport(self, report):
        self.reports.append(report)
        if report.when != "teardown":
            return
        reports, self.reports = self.reports, []
        failed = [each for each in reports if each.failed]
        skipped = [each for each in reports if each.skipped]
        if failed:
            self.case(False, report.nodeid, details="\n".join(map(self.details, failed)))
        elif skipped and hasattr(skipped[0], "wasxfail"):
            self.case(False, report.nodeid, f" # TODO {skipped[0].wasxfail}")
        elif skipped:
            reason = skipped[0].longrepr[2].removeprefix("Skipped: ").replace("\n", " ")
            self.case(True, report.nodeid, f" # SKIP {reason}")
        else:
            self.case(True, report.nodeid)

    def pytest_internalerror(self, excrepr):
        self.case(False, "pytest itself", details=str(excrepr))

    def pytest_sessionfinish(self):
        print(f"1..{self.cases}", flush=True)


@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    config.pluginmanager.unregister(name="terminalreporter")
    config.pluginmanager.register(Tap(), "tap")
