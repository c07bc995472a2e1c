#!/bin/sh
# Builds the pages into build/web, unless what is there was built from these very files. Needs node (18 or later) and npm.
set -eu
cd "$(dirname "$0")"
out=../build/web
mkdir -p ../build
exec 9>../build/web.lock # several builds may start at once: debug beside release
flock 9

stamp=$(find . -path ./node_modules -prune -o -type f ! -name '*.test.ts' ! -name README.md -print | LC_ALL=C sort | xargs sha256sum | sha256sum)
[ -f "$out/index.html" ] && [ "$(cat ../build/web.stamp 2>/dev/null)" = "$stamp" ] && exit 0

for program in node npm; do
  command -v $program >/dev/null || { echo "web: $program is missing; ./dev installs it, or: apt-get install nodejs npm" >&2; exit 1; }
done
lock=$(sha256sum package-lock.json)
if [ "$(cat node_modules/.parley-lock 2>/dev/null)" != "$lock" ]; then
  npm ci --no-audit --no-fund --loglevel=error >&2
  echo "$lock" >node_modules/.parley-lock
fi
npm run --silent build -- --logLevel warn >&2
echo "$stamp" >../build/web.stamp
