#!/usr/bin/env python3
"""Times scrubjay beside whichever of its peers are installed, on one repository, one tree and one image tar.

    benches/peers.py --scrubjay target/release/scrubjay --repository REPO.git --tree DIR --image APP.tar

Fetches nothing. All programs run at two threads, in turn (A B C, A B C, ...), their output to a file; the medians of the
runs are printed with the ratio to scrubjay. `wall` and `cpu` are seconds, `memory` is the peak of the largest process in MB.
Machines are noisy: read the ratios. Each of the three is optional; `--large-layer GB` makes a fourth input by itself.
"""

import argparse
import gzip
import hashlib
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time

THREADS = "2"
OCI = "application/vnd.oci.image"


def commands(arguments, folder):
    """(target, program, argv) for all that is installed."""
    scrubjay = os.path.abspath(arguments.scrubjay)
    found = []

    def add(target, name, program, *argv):
        path = program if os.path.isabs(program) else shutil.which(program)
        if path:
            found.append((target, name, [path, *argv]))

    quiet = ["--threads", THREADS, "--format", "json", "--exit-zero", "--allow-incomplete", "--quiet"]
    if arguments.repository:
        repository = os.path.abspath(arguments.repository)
        add("history", "scrubjay", scrubjay, "git", repository, *quiet)
        add("history", "git cat-file", "git", "-C", repository, "cat-file", "--batch-all-objects", "--batch", "--unordered", "--buffer")
        add("history", "kingfisher", "kingfisher", "scan", repository, "--no-validate", "--jobs", THREADS, "--format", "json")
        add("history", "kingfisher --turbo", "kingfisher", "scan", repository, "--turbo", "--jobs", THREADS, "--format", "json")
        add("history", "gitleaks", "gitleaks", "git", repository, "--no-banner", "--exit-code", "0", "--report-format", "json", "--report-path", os.path.join(folder, "report"))
    if arguments.tree:
        tree = os.path.abspath(arguments.tree)
        add("tree", "scrubjay --no-unpack", scrubjay, "dir", tree, "--no-unpack", *quiet)
        add("tree", "scrubjay", scrubjay, "dir", tree, *quiet)
        add("tree", "rg, one pattern", "rg", "-j", THREADS, "-uuu", "-c", "AKIA[0-9A-Z]{16}", tree)
        add("tree", "kingfisher", "kingfisher", "scan", tree, "--no-validate", "--git-history", "none", "--jobs", THREADS, "--format", "json")
        add("tree", "kingfisher --turbo", "kingfisher", "scan", tree, "--turbo", "--git-history", "none", "--jobs", THREADS, "--format", "json")
        add("tree", "gitleaks", "gitleaks", "dir", tree, "--no-banner", "--exit-code", "0", "--report-format", "json", "--report-path", os.path.join(folder, "report"))
        add("tree", "trivy", "trivy", "fs", "--quiet", "--scanners", "secret", "--format", "json", tree)
        add("tree", "detect-secrets", "detect-secrets", "scan", "--all-files", "--cores", THREADS, tree)
    if arguments.image:
        image = os.path.abspath(arguments.image)
        add("image", "scrubjay --no-unpack", scrubjay, "image", image, "--no-unpack", *quiet)
        add("image", "scrubjay", scrubjay, "image", image, *quiet)
        known = ["--incremental", "--cache", os.path.join(folder, "known")]
        add("image", "scrubjay, layers known", scrubjay, "image", image, "--no-unpack", *known, *quiet)
        layers = extract_layers(image, folder)
        add("image", "gzip -dc", "sh", "-c", 'for layer; do gzip -dc "$layer"; done', "sh", *layers)
        add("image", "kingfisher", "kingfisher", "scan", image, "--no-validate", "--jobs", THREADS, "--format", "json")
        add("image", "trivy", "trivy", "image", "--quiet", "--scanners", "secret", "--format", "json", "--input", image)
    if arguments.large_layer:
        large = os.path.join(folder, "large.tar")
        add("large layer", "scrubjay", scrubjay, "image", large, "--no-unpack", *quiet)
        layers = extract_layers(large, folder)
        add("large layer", "gzip -dc", "sh", "-c", 'for layer; do gzip -dc "$layer"; done', "sh", *layers)
    return found


def write_large_layer(path, gigabytes):
    """An OCI layout in a tar with one gzip layer of so many GB, of which a third is random: for the peak of memory."""
    unit = os.urandom(1 << 20) + b"the quick brown fox jumps over the lazy dog\n" * 49_932
    layer = f"{path}.layer"
    plain = hashlib.sha256()

    class Both:
        """Hashes what goes into the compressor."""

        def __init__(self, out):
            self.out = out

        def write(self, data):
            plain.update(data)
            return self.out.write(data)

    with gzip.open(layer, "wb", compresslevel=1) as out, tarfile.open(fileobj=Both(out), mode="w|") as archive:
        size, number = gigabytes << 30, 0
        while size > 0:
            # Files of all sizes, one of 1 GB among them.
            length = min(size, 1 << 30 if number == 3 else (1 << (10 + number % 17)))
            member = tarfile.TarInfo(f"srv/{number}.bin")
            member.size = length
            archive.addfile(member, io.BufferedReader(Repeated(unit, length)))
            size, number = size - length, number + 1
    with tarfile.open(path, "w") as archive:

        def add(name, content):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))

        def add_blob(content):
            digest = hashlib.sha256(content).hexdigest()
            add(f"blobs/sha256/{digest}", content)
            return {"digest": f"sha256:{digest}", "size": len(content)}

        with open(layer, "rb") as stored:
            digest = hashlib.file_digest(stored, "sha256").hexdigest()
        archive.add(layer, f"blobs/sha256/{digest}")
        descriptor = {"mediaType": f"{OCI}.layer.v1.tar+gzip", "digest": f"sha256:{digest}", "size": os.path.getsize(layer)}
        diff_ids = [f"sha256:{plain.hexdigest()}"]
        config = {"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": diff_ids}}
        config = add_blob(json.dumps(config).encode())
        manifest = {"schemaVersion": 2, "config": {"mediaType": f"{OCI}.config.v1+json", **config}, "layers": [descriptor]}
        manifest = {"mediaType": f"{OCI}.manifest.v1+json", **add_blob(json.dumps(manifest).encode())}
        add("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        add("index.json", json.dumps({"schemaVersion": 2, "manifests": [manifest]}).encode())
    os.remove(layer)


class Repeated(io.RawIOBase):
    """So many bytes of a unit that repeats."""

    def __init__(self, unit, length):
        self.unit, self.left, self.place = unit, length, 0

    def readable(self):
        return True

    def readinto(self, buffer):
        count = min(len(buffer), self.left, len(self.unit) - self.place)
        buffer[:count] = self.unit[self.place : self.place + count]
        self.left -= count
        self.place = (self.place + count) % len(self.unit)
        return count


def extract_layers(image, folder):
    """The gzip layers of an image tar as files, so that decompressing them alone can be timed."""
    layers, start = [], os.path.basename(image)
    with tarfile.open(image) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is None or content.read(2) != b"\x1f\x8b":
                continue
            content.seek(0)
            path = os.path.join(folder, f"{start}.{len(layers)}.gz")
            with open(path, "wb") as out:
                shutil.copyfileobj(content, out)
            layers.append(path)
    return layers


def run(argv, folder):
    """Wall and CPU seconds, peak memory in MB, exit code."""
    environment = dict(os.environ, GOMAXPROCS=THREADS)
    with open(os.path.join(folder, "output"), "wb") as out:
        began = time.monotonic()
        process = subprocess.Popen(argv, stdout=out, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scrubjay", default="target/release/scrubjay")
    parser.add_argument("--repository")
    parser.add_argument("--tree")
    parser.add_argument("--image")
    parser.add_argument("--large-layer", type=int, metavar="GB", help="make an image with one layer of so many GB, too")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    if not (arguments.large_layer or arguments.repository or arguments.tree or arguments.image):
        parser.error("give at least one of --repository, --tree, --image")
    if not os.access(arguments.scrubjay, os.X_OK):
        parser.error(f"{arguments.scrubjay} is no program: build it with `cargo build --release`")
    with tempfile.TemporaryDirectory() as folder:
        if arguments.large_layer:
            write_large_layer(os.path.join(folder, "large.tar"), arguments.large_layer)
        found = commands(arguments, folder)
        results = {(target, name): [] for target, name, _ in found}
        for round_number in range(arguments.runs + 1):
            for target, name, argv in found:
                result = run(argv, folder)
                # The first round warms the caches and is not counted.
                if round_number:
                    results[target, name].append(result)
                print(f"{target} {name}: {result[0]:.2f} s", file=sys.stderr)
    print(f"{'':<10}{'':<24}{'wall':>9}{'cpu':>9}{'memory':>9}{'wall x':>9}{'cpu x':>9}  exits")
    for target in dict.fromkeys(target for target, _ in results):
        own = None
        for (of, name), runs in results.items():
            if of != target:
                continue
            wall, cpu, memory = (statistics.median(run[column] for run in runs) for column in range(3))
            own = own or (wall, cpu)
            exits = ",".join(sorted({str(run[3]) for run in runs}))
            print(f"{target:<10}{name:<24}{wall:9.2f}{cpu:9.2f}{memory:9.0f}{wall / own[0]:9.2f}{cpu / own[1]:9.2f}  {exits}")


if __name__ == "__main__":
    main()
