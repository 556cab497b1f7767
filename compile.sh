#!/bin/sh
# ./compile.sh [--slim] [--fast] [--deno-compile]  ->  dist/legend, one file that needs nothing else.
#   --slim           leave ClickHouse's library out (CLICKHOUSE_URL names a server instead)
#   --fast           compress at level 3 instead of 19: seconds instead of minutes, a larger file
#   --deno-compile   `deno compile` instead of our launcher; needs denort, by download or DENORT_BIN
set -eu
cd "$(dirname "$0")"
exec npx -y deno@2.9.6 run -A tools/compile.ts "$@"
