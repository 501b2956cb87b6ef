#!/usr/bin/env bash
# From nothing to finished certificate photos, through the whole system.
usage() {
  cat <<'USAGE'
Usage: deploy/quickstart.sh [--pack base|full] [--port PORT] [--serve|--exit] [PHOTO_DIR]

Installs what is missing, builds, fetches the model pack, starts a private Redis, a dispatcher and two
workers, has every photo of PHOTO_DIR (without one: the sample photos) standardised and checked by them, and
writes to var/quickstart/ the finished JPEGs, results.csv, the contact sheet sheet.jpg, and report.html, which
shows what was found on each photo.

  --pack PACK   base (from package registries, the default) or full (fetch it first: worker models pull)
  --port PORT   where the API listens on 127.0.0.1 (default 8080)
  --serve       go on serving until Ctrl-C (the default on a terminal)
  --exit        stop when the photos are done (the default elsewhere)

Examples:
  deploy/quickstart.sh
  deploy/quickstart.sh ~/photos/class-of-2026
  deploy/quickstart.sh --exit ../shared/photos/london
USAGE
}
set -euo pipefail
home="$(cd "$(dirname "$0")/.." && pwd)"
# shellcheck source=deploy/packages.sh
. "$home/deploy/packages.sh"

pack=base port=8080 photos="" serve="" report_most=200
[ -t 0 ] && [ -t 1 ] && serve=yes
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --pack) pack="${2:?--pack needs a name}"; shift ;;
    --port) port="${2:?--port needs a number}"; shift ;;
    --serve) serve=yes ;;
    --exit) serve="" ;;
    -*) die "unknown option $1 (see --help)" ;;
    *) [ -z "$photos" ] || die "one folder at a time (see --help)"
       photos="$(realpath -e -- "$1" 2>/dev/null)" || die "no such folder: $1" ;;
  esac
  shift
done

# Relative paths in --home and in the environment mean the checkout, wherever this was called from.
cd "$home"
export GRADPHOTO_HOME="${GRADPHOTO_HOME:-$home/var}"
# The tests set the profile that they have built already; people get the optimised one.
profile="${GRADPHOTO_PROFILE:-release}"
bin="${CARGO_TARGET_DIR:-target}/$([ "$profile" = dev ] && echo debug || echo "$profile")"
out="$GRADPHOTO_HOME/quickstart"

need_toolchain
say "Building (minutes the first time, seconds after)"
# The whole workspace, so that features unify as in the tests and nothing is built twice.
cargo build --profile "$profile" --workspace --bins
say "Fetching models"
if [ -z "$photos" ]; then
  "$bin/worker" models pull --pack "$pack" --pack sample --role check
  photos="$GRADPHOTO_HOME/samples"
else
  "$bin/worker" models pull --pack "$pack" --role check
fi

say "Starting Redis, dispatcher and two workers"
mkdir -p "$out"
log="$out/dev.log"
# An earlier run's "ready" must be gone before anybody looks for this one's.
: >"$log"
"$bin/dispatcher" dev --workers 2 --port "$port" --pack "$pack" >"$log" 2>&1 &
dev=$!
stop() {
  trap - EXIT INT TERM
  kill -TERM "$dev" 2>/dev/null || true
  wait "$dev" 2>/dev/null || true
}
trap stop EXIT
trap 'stop; exit 130' INT TERM
api="http://127.0.0.1:$port"
until grep -q '^ready' "$log"; do
  kill -0 "$dev" 2>/dev/null || { tail -n 20 "$log" >&2; die "could not start; the whole log is $log"; }
  sleep 0.1
done

say "Standardising and checking the photos of $photos"
session="quickstart-$(date +%Y%m%d-%H%M%S)"
rm -rf "$out/photos" && mkdir -p "$out/photos"
"$bin/dispatcher" submit --url "$api" --session "$session" --tasks standardise,check --create --wait \
  --out "$out/photos" "$photos"
"$bin/worker" sheet --before "$photos" --after "$out/photos" --results "$out/photos/results.jsonl" --out "$out/sheet.jpg"

# The report is made from files, without the queue: everything a second time, which is too much for a large folder.
report=(worker process --log warn --tasks "standardise,check" --pack "$pack" --report "$out/report.html" --out "$out/report" "$photos")
count="$(wc -l <"$out/photos/results.csv")"
if [ "$count" -le "$report_most" ]; then
  say "Writing the report"
  "$bin/${report[0]}" "${report[@]:1}" >/dev/null
  shown="$out/report.html"
else
  shown="for more than $report_most photos by hand: $bin/${report[*]}"
fi

say "Done"
cat <<DONE
  pictures       $out/photos/
  results        $out/photos/results.csv
  contact sheet  $out/sheet.jpg
  report         $shown
  log            $log
DONE
[ -n "$serve" ] || exit 0
grep '^  ' "$log" || true
cat <<DONE

Serving until Ctrl-C. Try in another terminal:
  $bin/dispatcher submit --url $api --session mine --create --wait --out finished PHOTO_DIR
DONE
wait "$dev"
