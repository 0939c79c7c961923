#!/bin/bash
# make.sh BASE_TAR IMAGE_TAR PROJECT FILE…   makes the two tarballs that are missing, the image from these files of the project
set -eu
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
base=$1 image=$2 project=$3
shift 3
[ ! -e "$image" ] || exit 0
[ -e "$base" ] || "$here/base.sh" "$base"
context=$(mktemp)
trap 'rm -f "$context"' EXIT
tar -C "$project" -cf "$context" -- "$@"
"$here/build.sh" "$base" "$context" "$image"
