#!/usr/bin/env bash
# Publishes a release with its notes and files: `publish.sh v1.2.3 notes.md FILE…`. Run again after a failure, it goes on where it was.
# A release that is immutable takes no files once it is published: it is a draft until it has them all.
set -euo pipefail
tag=$1 notes=$2
shift 2

if ! draft=$(gh release view "$tag" --json isDraft --jq .isDraft); then
  gh release create "$tag" --draft --verify-tag --title "$tag" --notes-file "$notes"
  draft=true
fi
if [[ $draft == true ]]; then
  gh release upload "$tag" --clobber "$@"
  gh release edit "$tag" --draft=false
fi
