#!/usr/bin/env python3
"""Checks that each folder under src/ includes only what cmake/layers.txt allows it to."""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]', re.M)
NO_SOCKETS = {"base", "audio", "protocol"}
SOCKET_HEADER = re.compile(r"^(boost/(asio|beast)|sys/socket|netinet/|sys/epoll|poll\.h)")


def allowed_edges():
    edges = {}
    for line in (root / "cmake/layers.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            folder, _, rest = line.partition(":")
            edges[folder] = set(rest.split())
    return edges


def main():
    edges, problems = allowed_edges(), []
    for path in sorted((root / "src").rglob("*.?pp")):
        folder = path.relative_to(root / "src").parts[0]
        if folder not in edges:
            problems.append(f"{path.relative_to(root)}: folder '{folder}' is not in cmake/layers.txt")
            continue
        for include in INCLUDE.findall(path.read_text()):
            target = include.split("/")[0]
            if target in edges and target != folder and target not in edges[folder]:
                problems.append(f"{path.relative_to(root)}: {folder}/ may not include {include}")
            if folder in NO_SOCKETS and SOCKET_HEADER.match(include):
                problems.append(f"{path.relative_to(root)}: {folder}/ may not know sockets: {include}")
    print("\n".join(problems) or f"layers: {len(edges)} folders, every include allowed")
    return 1 if problems else 0


sys.exit(main())
