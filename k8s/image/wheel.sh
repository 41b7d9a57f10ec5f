# Build the wheel of the source tree in the working directory into the folder $1, beside what install.sh needs.
set -eu
folder=$1
mkdir -p "$folder"
python3 -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$folder" .
cp constraints.txt k8s/image/install.sh "$folder"
