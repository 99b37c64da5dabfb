"""Runs the program in BENCH_COMMAND and writes to the file in BENCH_USAGE what it and its descendants have used."""
import json
import os
import resource
import subprocess
import sys
import time

command = json.loads(os.environ.pop("BENCH_COMMAND"))
file = os.environ.pop("BENCH_USAGE")
started = time.monotonic()
code = subprocess.run(command, check=False).returncode
wall = time.monotonic() - started
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(file, "w", encoding="utf-8") as output:
    # ru_maxrss is that of the largest process, in KiB.
    json.dump({"wallMs": wall * 1000, "userMs": usage.ru_utime * 1000, "systemMs": usage.ru_stime * 1000, "maxRssMb": usage.ru_maxrss / 1024}, output)
sys.exit(code)
