"""Installs PyTorch for a machine without a GPU: `python cpu_torch.py` puts it into the environment of the Python that runs it.

The Linux wheel on PyPI is linked to CUDA's libraries, which take another 5 GB and of which a CPU calls no function; but the wheel does not
load where they are missing. So the wheel alone is installed (1.2 GB), and beside it a library of each missing name that holds the names
of its functions and nothing behind them: to call one ends the process. For tests and for CI, never to train with. What the wheel does call
when it loads, CUDA's runtime and profiler, is small and real (requirements-ci.txt). Needs cc and readelf (Debian: gcc, libc6-dev).
"""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

GPU = "cu|nv|nccl"
"""How the names of the GPU's libraries, after "lib", and of their functions begin."""


@dataclass
class Missing:
    """What torch's libraries want of those that are not there: `versions` by file (symbol version -> symbols) and `loose` symbols, which
    carry no version, so that nothing says in which file they are looked for."""

    files: set[str] = field(default_factory=set)
    versions: dict[str, dict[str, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    loose: set[str] = field(default_factory=set)


def readelf(*arguments: str) -> str:
    return subprocess.run(["readelf", "--wide", *arguments], capture_output=True, text=True, check=True).stdout


def look(library: Path, missing: Missing) -> None:
    """Adds what one library of torch wants."""
    missing.files |= set(re.findall(rf"NEEDED.*\[(lib(?:{GPU})[^\]]*)\]", readelf("--dynamic", str(library))))
    file_of = {
        version: block.split()[0]
        for block in readelf("--version-info", str(library)).split("Version: 1  File: ")[1:]
        for version in re.findall(r"Name: (\S+)", block)
    }
    for symbol, version in re.findall(r"UND (\w+)(?:@(\S+))?", readelf("--dyn-syms", str(library))):
        if version in file_of:
            missing.versions[file_of[version]][version].add(symbol)
        elif re.match(f"({GPU})", symbol):
            missing.loose.add(symbol)


def write_stub(path: Path, versions: dict[str, set[str]], loose: set[str]) -> None:
    """A shared library that defines the symbols, as data that no processor will execute."""
    symbols = set().union(*versions.values())
    lines = [f"char {name}[4096];" for name in sorted(symbols)]
    lines += [f"__attribute__((weak)) char {name}[4096];" for name in sorted(loose - symbols)]
    with tempfile.NamedTemporaryFile("w", suffix=".map") as script:
        script.writelines(f"{version} {{ {' '.join(f'{name};' for name in sorted(names))} }};\n" for version, names in versions.items())
        script.flush()
        flags = [f"-Wl,--version-script={script.name}"] if versions else []
        command = ["cc", "-shared", "-o", str(path), f"-Wl,-soname,{path.name}", *flags, "-x", "c", "-"]
        subprocess.run(command, input="\n".join(lines), text=True, check=True)


def main() -> None:
    pinned = re.search(r"^torch==\S+", (Path(__file__).parent / "requirements.txt").read_text(), re.MULTILINE)
    if pinned is None:
        raise SystemExit("requirements.txt pins no torch")
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-compile", pinned[0]], check=True)
    packages = Path(sysconfig.get_path("platlib"))
    folder, missing = packages / "torch/lib", Missing()
    for library in folder.glob("*.so*"):
        look(library, missing)
    there = {path.name for path in (*folder.iterdir(), *(packages / "nvidia").rglob("*.so*"))}
    for name in sorted(missing.files - there):
        write_stub(folder / name, missing.versions[name], missing.loose)
        print(f"{name}: not there, stubbed")


if __name__ == "__main__":
    main()
