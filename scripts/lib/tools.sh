# Sourced by the commands in scripts/: brings the packages of package-lock.json, and with them the Node that everything runs on.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

bring_packages() {
  # npm writes its own copy of the lock file last: it is there, and not older, when what is installed is what is locked.
  [ "$root/package-lock.json" -nt "$root/node_modules/.package-lock.json" ] || [ ! -x "$root/node_modules/.bin/node" ] || return 0
  local version
  version=$(node --version 2>/dev/null) || version=none
  if ! command -v npm >/dev/null || [ "$version" = none ] || [ "$(expr "$version" : 'v\([0-9]*\)')" -lt 20 ]; then
    echo "Idempo needs Node 20 or newer with npm to begin with (found: $version); it brings the rest. See https://nodejs.org/en/download" >&2
    exit 1
  fi
  echo "installing the packages of package-lock.json (npm ci)" >&2
  (cd "$root" && npm ci --no-audit --no-fund --loglevel=error >&2)
  # Where npm does not run the scripts of packages, Node has not come yet.
  [ -x "$root/node_modules/.bin/node" ] || (cd "$root" && npm rebuild --ignore-scripts=false --loglevel=error node >&2)
}

# run FILE ARGUMENTS…: a TypeScript file of scripts/ in place of this shell
run() {
  bring_packages
  exec "$root/node_modules/.bin/node" "$root/scripts/$@"
}
