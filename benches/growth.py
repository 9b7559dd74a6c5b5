#!/usr/bin/env python3
"""Twice the history, twice the time? Times scrubjay on generated histories of 1, 2 and 4 times a size, and prints the ratios.

    benches/growth.py --scrubjay target/release/scrubjay [--commits 4000] [--files 300] [--runs 5] [--seed 1]

The histories are the same for the same numbers: `git fast-import` gets commits that each change a few lines of some files, add
a file now and then, rename one, merge a branch, and write one of ten passwords once in a hundred edits. They are packed as a server packs them.
Columns: seconds of wall and CPU of the best run, the ratio to the line above in objects and in CPU (start-up of the program taken
off), and the same for a change of the last 20 commits, which must not grow with the history. With --keep DIR the repositories stay.
"""

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time

WORDS = "alpha beta gamma delta name value list index count buffer stream client server user config cache token key".split()


def line(rng):
    kind = rng.randrange(4)
    one, two = rng.choice(WORDS), rng.choice(WORDS)
    if kind == 0:
        return f"    {one}_{two} = {rng.randrange(10_000)};\n"
    if kind == 1:
        return f"    if ({one} != {two}) return {one}({rng.randrange(100)});\n"
    if kind == 2:
        return f"    /* {' '.join(rng.choice(WORDS) for _ in range(8))} */\n"
    return f"    call_{one}(&{two}, \"{one}-{two}\", {rng.randrange(100)});\n"


def password(rng):
    letters = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789"
    return "".join(rng.choice(letters) for _ in range(14)) + "!7"


class History:
    """Commands for `git fast-import`."""

    def __init__(self, out, files, seed):
        self.out, self.rng = out, random.Random(seed)
        # Few, since the fingerprint of each one takes milliseconds, whatever the history.
        self.passwords = [password(self.rng) for _ in range(10)]
        self.files = {f"src/m{number % 20:02}/f{number:04}.c": self.text() for number in range(files)}
        self.mark = 0

    def text(self):
        return [line(self.rng) for _ in range(self.rng.randrange(80, 400))]

    def write(self, text):
        self.out.write(text.encode())

    def data(self, text):
        content = text.encode()
        self.out.write(b"data %d\n" % len(content) + content + b"\n")

    def commit(self, branch, paths, merge=None, rename=None):
        self.mark += 1
        self.write(f"commit refs/heads/{branch}\nmark :{self.mark}\n")
        when = 1_600_000_000 + self.mark * 600
        self.write(f"committer Robin Vale <robin@mail.example> {when} +0000\n")
        self.data(f"Change {self.mark}\n\n{line(self.rng)}")
        if merge:
            self.write(f"merge :{merge}\n")
        if rename:
            self.write(f"R {rename[0]} {rename[1]}\n")
        for path in paths:
            self.write(f"M 100644 inline {path}\n")
            self.data("".join(self.files[path]))
        self.write("\n")
        return self.mark

    def edit(self):
        path = self.rng.choice(list(self.files))
        text = self.files[path]
        for _ in range(self.rng.randrange(1, 6)):
            at = self.rng.randrange(len(text))
            if self.rng.random() < 0.3:
                text.insert(at, line(self.rng))
            elif self.rng.random() < 0.2 and len(text) > 50:
                del text[at]
            else:
                text[at] = line(self.rng)
        if self.rng.randrange(100) == 0:
            text[self.rng.randrange(len(text))] = f'    db_password = "{self.rng.choice(self.passwords)}";\n'
        return path

    def write_all(self, commits):
        self.commit("main", list(self.files))
        while self.mark < commits:
            chance = self.rng.random()
            rename = None
            if chance < 0.02:
                path = f"src/m{self.rng.randrange(20):02}/n{self.mark:06}.c"
                self.files[path] = self.text()
                self.commit("main", [path])
            elif chance < 0.03:
                old = self.rng.choice(list(self.files))
                new = f"src/m{self.rng.randrange(20):02}/r{self.mark:06}.c"
                self.files[new] = self.files.pop(old)
                rename = (old, new)
                self.commit("main", [], rename=rename)
            elif chance < 0.06:
                # A branch of two commits that is merged.
                self.write(f"reset refs/heads/side\nfrom :{self.mark}\n\n")
                before = self.mark
                first, second = self.edit(), self.edit()
                self.commit("side", [first])
                side = self.commit("side", [first, second])
                self.write(f"reset refs/heads/main\nfrom :{before}\n\n")
                self.commit("main", list({first, second, self.edit()}), merge=side)
            else:
                self.commit("main", list({self.edit() for _ in range(self.rng.randrange(1, 5))}))


def make(folder, commits, files, seed):
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", folder], check=True)
    importing = subprocess.Popen(["git", "-C", folder, "fast-import", "--quiet", "--done"], stdin=subprocess.PIPE)
    with importing.stdin as out:
        History(out, files, seed).write_all(commits)
        out.write(b"done\n")
    if importing.wait() != 0:
        sys.exit("git fast-import failed")
    subprocess.run(["git", "-C", folder, "repack", "-adfq", "--window=20", "--depth=50"], check=True)
    listed = subprocess.run(["git", "-C", folder, "count-objects", "-v"], check=True, capture_output=True, text=True)
    fields = dict(row.split(": ") for row in listed.stdout.splitlines())
    return int(fields["in-pack"]), int(fields["size-pack"]) / 1024


def best(runs, command):
    """Least wall and CPU seconds of some runs."""
    least = [float("inf")] * 2
    for _ in range(runs):
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        outcome = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        wall = time.perf_counter() - begun
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if outcome.returncode not in (0, 1):
            sys.exit(f"{' '.join(command)}: exit {outcome.returncode}: {outcome.stderr}")
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        least = [min(least[0], wall), min(least[1], cpu)]
    return least


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scrubjay", default="target/release/scrubjay")
    parser.add_argument("--commits", type=int, default=4_000, help="of the smallest history")
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", help="a folder for the repositories, which are used again")
    arguments = parser.parse_args()
    scrubjay = os.path.abspath(arguments.scrubjay)
    quiet = ["--threads", "2", "--format", "json", "--exit-zero", "--quiet"]
    with tempfile.TemporaryDirectory() as scratch:
        top = arguments.keep or scratch
        os.makedirs(top, exist_ok=True)
        empty = os.path.join(scratch, "empty")
        subprocess.run(["git", "init", "-q", "--bare", empty], check=True)
        start_wall, start_cpu = best(arguments.runs, [scrubjay, "git", empty, *quiet])
        print(f"start-up: wall {start_wall:.3f} s, cpu {start_cpu:.3f} s")
        print("history  commits  objects  pack MB   wall s    cpu s  objects x    cpu x  20 commits: wall s  cpu s")
        last = None
        for times in (1, 2, 4):
            commits = arguments.commits * times
            folder = os.path.join(top, f"{commits}-{arguments.files}-{arguments.seed}.git")
            made = folder + ".made"
            if not os.path.exists(made):
                objects, megabytes = make(folder, commits, arguments.files, arguments.seed)
                with open(made, "w") as note:
                    note.write(f"{objects} {megabytes}")
            with open(made) as note:
                objects, megabytes = note.read().split()
            objects, megabytes = int(objects), float(megabytes)
            wall, cpu = best(arguments.runs, [scrubjay, "git", folder, *quiet])
            change = [scrubjay, "git", folder, "--range", "main~20..main", *quiet]
            change_wall, change_cpu = best(arguments.runs, change)
            net = max(cpu - start_cpu, 1e-6)
            ratios = f"{objects / last[0]:9.2f} {net / last[1]:8.2f}" if last else f"{'':9} {'':8}"
            print(
                f"{times:6}x {commits:8} {objects:8} {megabytes:8.1f} {wall:8.3f} {cpu:8.3f}  {ratios}"
                f"  {change_wall:18.3f} {change_cpu:6.3f}",
                flush=True,
            )
            last = (objects, net)


if __name__ == "__main__":
    main()
