#!/usr/bin/env python3
"""What scrubjay and whichever of its peers are installed find, of what was labelled and of what was filled in.

    scorecard places LABELS TREE... >places.tsv        (examples/scorecard; paths are relative to the trees' folder)
    scorecard fill FILLED 200 TREE... >filled.tsv
    benches/accuracy.py --scrubjay target/release/scrubjay --root FOLDER --places places.tsv --filled FILLED filled.tsv

The unit is a file and a line. Only files that hold a labelled candidate are read, as copies, so that slow programs end; each
program runs with its defaults and without asking any service. `secrets` are lines where both labellers saw one, `none`
lines where they saw none: what is found there is a false alarm. Lines that nobody labelled are counted apart, as `other`:
keys and tokens with a shape among them are right. Labelled were the candidates of scrubjay's lexer, so secrets that only
another program sees are not among them.
"""

import argparse
import collections
import json
import os
import shutil
import subprocess
import tempfile


def run(argv, output=None):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if output is None:
        return done.stdout.decode("utf-8", "replace")
    with open(output, encoding="utf-8", errors="replace") as file:
        return file.read()


def scrubjay(program, folder, least):
    report = json.loads(run([program, "scan", folder, "--ignored", "--no-unpack", "--exit-zero", "--allow-incomplete",
                             "--min-confidence", least, "--format", "json"]))
    for finding in report["findings"]:
        for place in finding["places"]:
            steps = [step["path"] for step in place["origin"] if step["kind"] == "path"]
            if finding["confidence"] != "possible" or least == "possible":
                yield steps[0] if steps else place["path"], place["line"]


def gitleaks(folder, scratch):
    report = os.path.join(scratch, "gitleaks.json")
    argv = ["gitleaks", "dir", folder, "--no-banner", "--exit-code", "0", "--report-format", "json", "--report-path", report]
    for one in json.loads(run(argv, report)):
        yield os.path.relpath(one["File"], folder), one["StartLine"]


def kingfisher(folder, _):
    argv = ["kingfisher", "scan", folder, "--no-validate", "--git-history", "none", "--format", "json"]
    text = run(argv)
    # A summary follows the report.
    report, _ = json.JSONDecoder().raw_decode(text[text.index("{"):])
    for one in report["findings"]:
        yield os.path.relpath(one["finding"]["path"], folder), one["finding"]["line"]


def detect_secrets(folder, _):
    report = json.loads(subprocess.run(["detect-secrets", "scan", "--all-files", "."], cwd=folder, stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, check=False).stdout)
    for path, found in report["results"].items():
        for one in found:
            yield os.path.normpath(path), one["line_number"]


def credsweeper(folder, scratch):
    report = os.path.join(scratch, "credsweeper.json")
    argv = ["credsweeper", "--path", folder, "--save-json", report, "--no-stdout", "--log", "silence"]
    for one in json.loads(run(argv, report)):
        for line in one["line_data_list"]:
            yield os.path.relpath(line["path"], folder), line["line_num"]


def programs(arguments):
    own = os.path.abspath(arguments.scrubjay)
    yield "scrubjay", lambda folder, _: scrubjay(own, folder, "likely")
    yield "scrubjay, possible shown", lambda folder, _: scrubjay(own, folder, "possible")
    for name, program in [("gitleaks", gitleaks), ("kingfisher", kingfisher), ("detect-secrets", detect_secrets),
                          ("credsweeper", credsweeper)]:
        if shutil.which(name):
            yield name, program


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scrubjay", default="target/release/scrubjay")
    parser.add_argument("--root", required=True)
    parser.add_argument("--places", required=True)
    parser.add_argument("--filled", nargs=2, metavar=("FOLDER", "LINES"))
    arguments = parser.parse_args()
    labels = {}
    with open(arguments.places, encoding="utf-8", errors="replace") as places:
        for row in places:
            path, line, label = row.rstrip("\n").split("\t")
            # Of two candidates of a line one secret makes it one.
            labels[(path, int(line))] = max(label, labels.get((path, int(line)), "0"))
    filled = set()
    if arguments.filled:
        with open(arguments.filled[1], encoding="utf-8", errors="replace") as lines:
            filled = {(path, int(line)) for path, line in (row.rstrip("\n").split("\t") for row in lines)}
    with tempfile.TemporaryDirectory() as scratch:
        folder = os.path.join(scratch, "files")
        for path in {path for path, _ in labels}:
            copy = os.path.join(folder, path)
            os.makedirs(os.path.dirname(copy), exist_ok=True)
            shutil.copyfile(os.path.join(arguments.root, path), copy)
        count = collections.Counter(labels.values())
        print(f"{count['1']} lines with a secret, {count['0']} with none, {len(filled)} filled slots\n")
        print("| program | secrets found | none found | right of these | other lines | filled slots found |\n"
              "| --- | --- | --- | --- | --- | --- |")
        for name, program in programs(arguments):
            found = set(program(folder, scratch))
            right = sum(1 for place in found if labels.get(place) == "1")
            wrong = sum(1 for place in found if labels.get(place) == "0")
            other = sum(1 for place in found if place not in labels)
            slots = set(program(os.path.abspath(arguments.filled[0]), scratch)) & filled if filled else set()
            share = 100 * right / max(1, right + wrong)
            print(f"| {name} | {right} ({100 * right / max(1, count['1']):.0f}%) | {wrong} | {share:.0f}% | {other} | "
                  f"{len(slots)} ({100 * len(slots) / max(1, len(filled)):.0f}%) |", flush=True)


if __name__ == "__main__":
    main()
