// The Python environments of the peer tests: one folder each in `$OCELLUS_PEERS_CACHE` (`~/.cache/ocellus/peers`).
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** A Python with the given packages: `PEER_PYTHON`, or one that is made when it is missing or the packages changed. */
export function peerPython(name, requirements) {
  if (process.env.PEER_PYTHON) return process.env.PEER_PYTHON;
  const caches = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  const folder = join(process.env.OCELLUS_PEERS_CACHE ?? join(caches, "ocellus", "peers"), name);
  const python = join(folder, "bin", "python");
  const mark = join(folder, "requirements.txt");
  const wanted = `${requirements.join("\n")}\n`;
  if (existsSync(mark) && readFileSync(mark, "utf8") === wanted) return python;
  mkdirSync(dirname(folder), { recursive: true });
  execFileSync(process.env.OCELLUS_PEERS_PYTHON ?? "python3.11", ["-m", "venv", folder], { stdio: "inherit" });
  execFileSync(python, ["-m", "pip", "install", "--quiet", ...requirements], { stdio: "inherit" });
  writeFileSync(mark, wanted);
  return python;
}
