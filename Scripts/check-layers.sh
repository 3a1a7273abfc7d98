#!/usr/bin/env bash
# Checks the arrows of Package.swift: the order of the targets is the order of the storeys, and a
# target depends only on those above it in the file.
set -euo pipefail
cd "$(dirname "$0")/.."

swift package dump-package | python3 -c '
import json, pathlib, re, sys

NUMERIC = {"LinearAlgebra", "LinearNetworks", "Dynamics", "Analysis", "Estimators"}
ONLY = {"Records": set(), "Reports": {"Records"}}
# What people come in by. A door depends on jobs and on what carries values to them, and nothing but a test on a door.
DOORS = {"deeplinear-cli", "DeepLinearC", "Studio"}
BEHIND_DOORS = {"Jobs", "LinearAlgebra", "DataFormats", "Records", "Reports"}
DOOR_KNOWLEDGE = {"ArgumentParser", "FlyingFox", "NIO", "Python"}
VAGUE = {"utils", "util", "utilities", "core", "common", "helpers", "misc"}
faults = []

targets = json.load(sys.stdin)["targets"]
place = {target["name"]: number for number, target in enumerate(targets)}


def dependencies(target):
    for dependency in target["dependencies"]:
        for kind in ("byName", "target"):
            if kind in dependency:
                yield dependency[kind][0]


for number, target in enumerate(targets):
    name = target["name"]
    inner = {other for other in dependencies(target) if other in place}
    for other in sorted(inner):
        if place[other] >= number:
            faults.append(f"{name} depends on {other}, which stands below it in Package.swift.")
    # The command starts the studio.
    if target["type"] != "test" and inner & DOORS - ({"Studio"} if name == "deeplinear-cli" else set()):
        faults.append(f"{name} depends on the door {sorted(inner & DOORS)[0]}; only tests may.")
    if name in DOORS:
        for other in sorted(inner - BEHIND_DOORS - DOORS):
            if targets[place[other]]["type"] != "system" and not other.startswith("C"):
                faults.append(f"{name} is a door and may not depend on {other}; ask a job.")
    if name in ONLY and inner != ONLY[name]:
        allowed = ", ".join(sorted(ONLY[name])) or "no other target"
        faults.append(f"{name} may depend on {allowed} and depends on {sorted(inner)}.")

    folder = pathlib.Path(target.get("path") or {"test": "Tests"}.get(target["type"], "Sources"), *(
        [] if target.get("path") else [name]))
    if not folder.is_dir():
        faults.append(f"{name} has no folder {folder}.")
        continue
    for part in folder.rglob("*"):
        if part.is_dir() and part.name.lower() in VAGUE:
            faults.append(f"{part}: a folder says what it holds.")
    for file in sorted(folder.rglob("*.swift")):
        for line, text in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            imported = re.match(
                r"\s*(?:@\S+\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+"
                r"(?:(?:struct|enum|class|protocol|func|var|let|typealias)\s+)?(\w+)", text)
            if imported:
                module = imported[1]
                if module in place and module not in inner:
                    faults.append(f"{file}:{line}: {name} imports {module} without declaring it.")
                if name == "Jobs" and module in DOOR_KNOWLEDGE:
                    faults.append(f"{file}:{line}: a job knows no door and must not import {module}.")
                if name in NUMERIC and module.startswith("Foundation"):
                    faults.append(f"{file}:{line}: {name} is numeric and must not import {module}.")
            elif re.search(r"(?<![\w.`])print\(", text.split("//")[0]):
                if name in NUMERIC or name == "Jobs":
                    faults.append(f"{file}:{line}: {name} must not print.")
            elif name == "Jobs" and re.search(r"(?<![\w.`])_?exit\(|CommandLine\.", text.split("//")[0]):
                faults.append(f"{file}:{line}: a job ends no program and knows no arguments.")

if faults:
    sys.exit("\n".join(faults))
print(f"{len(targets)} targets, every arrow points up the list.")
'
