/** Counts of a whole run. `complaints` are the reasons why it failed, in words; each counts as one failure. */
export class Tally {
  passed = 0;
  failed = 0;
  skipped = 0;
  complaints = [];

  complain(reason) {
    this.failed += 1;
    this.complaints.push(reason);
  }

  /** Adds one suite: the runner's JSON report (null when it left none), its exit code and whether its time ran out. */
  addSuite({ name, budgetSeconds }, { report, code, isOverBudget }) {
    const passed = report?.numPassedTests ?? 0;
    const failed = report?.numFailedTests ?? 0;
    const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
    this.passed += passed;
    this.failed += failed;
    this.skipped += skipped;
    if (failed > 0) this.complaints.push(`${name}: ${failed} failed`);
    if (skipped > 0) this.complaints.push(`${name}: ${skipped} skipped (no test may be)`);
    if (isOverBudget) this.complain(`${name}: not done within its ${budgetSeconds} s`);
    else if (report === null) this.complain(`${name}: the runner left no report (code ${code})`);
    else if (passed + failed === 0) this.complain(`${name}: no test ran`);
    // A file that cannot be loaded and an error outside of tests fail the runner without failing a test.
    else if (code !== 0 && failed === 0) this.complain(`${name}: the runner failed (code ${code})`);
  }

  get isGood() {
    return this.complaints.length === 0 && this.failed === 0 && this.passed > 0;
  }

  /** The form that continuous integration reads; always the last line of a run. */
  get line() {
    return `tests: ${this.passed} passed, ${this.failed} failed, ${this.skipped} skipped`;
  }
}
