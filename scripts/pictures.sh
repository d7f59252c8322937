#!/usr/bin/env bash
# Takes the pictures that the last browser tests made (tests/out) into docs/images, small enough for a repository.
source "$(dirname "$0")/lib.sh"

mkdir -p docs/images
for name in lesson-phone audio-phone replay-phone home-phone studio console attendance; do
  from=tests/out/$name.png
  [ -f "$from" ] || fail "$from is missing: run the browser tests first (make test ONLY=e2e)"
  ffmpeg -nostdin -v error -y -i "$from" \
    -vf "scale='min(iw,1280)':-1:flags=lanczos,split[a][b];[a]palettegen=max_colors=128[p];[b][p]paletteuse=dither=none" "docs/images/$name.png"
done
du -sh docs/images
