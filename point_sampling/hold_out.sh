#!/usr/bin/env bash
# Datasets of a class of real shapes, a fifth of which (--shuffle 0) is kept from training with all its warped copies:
#   point_sampling/hold_out.sh chair|table|plane real|augmented|procedural|exchanged FOLDER
# FOLDER/<class>_test.hdf5 and <class>_only_train.hdf5 are the two sides. <class>_augmented.hdf5 is the training side
# with warped copies, <class>_procedural.hdf5 has procedural shapes too; <class>_procedural_test.hdf5 is to test on.
# chair_exchanged.hdf5 has all of these, chairs of exchanged parts, more kinds of chairs, and copies of all that is made.
# The planes are fetched, or read from what PLANES names (a package's file or folder).
set -euo pipefail
[ $# -ge 3 ] || { sed -n "2,7s/^# //p" "$0" >&2 && exit 2; }
class=$1 data=$2
[[ $class-$data =~ ^((chair|table)-(real|augmented|procedural)|plane-(real|augmented)|chair-exchanged)$ ]] || {
    echo "error: $class $data: give chair, table or plane, then real, augmented, procedural (not for planes) or" \
        "exchanged (chairs only)" >&2
    exit 2
}
[ -z "${PLANES:-}" ] || PLANES=$(realpath "$PLANES")
mkdir -p "$3"
folder=$(cd "$3" && pwd)
cd "$(dirname "$0")"

copies=24 exchange=0 shapes=furniture/$class
if [ "$class" = plane ]; then
    copies=8 shapes=$folder/binvox
    python fetch/get_planes.py --output "$shapes" ${PLANES:+--package "$PLANES"} ||
        [ -d "$shapes" ] || exit 2 # some are skipped
fi
python vox2pointvaluepair_from_binvox.py --input "$shapes" --output "$folder/all.hdf5"
python find_families.py --dataset "$folder/all.hdf5" --output "$folder/families.csv" --iou 0.7
python make_svr_dataset.py --points "$folder/all.hdf5" --families "$folder/families.csv" --shuffle 0 \
    --output "$folder/$class"
[ "$class" = plane ] || python vox2pointvaluepair_from_binvox.py --input "procedural/held_out/$class.hdf5" \
    --output "$folder/${class}_procedural_test.hdf5"
[ "$data" != real ] || exit 0

[ "$data" != exchanged ] || exchange=44 # of which 1,491 in all are of two training chairs
parts=("$folder/all_augmented.hdf5")
python vox2pointvaluepair_from_binvox.py --input "$shapes" --augment $copies --exchange $exchange \
    --output "${parts[0]}"
if [ "$data" = procedural ]; then
    parts+=("$folder/procedural.hdf5")
    python vox2pointvaluepair_from_binvox.py --input "procedural/$class.hdf5" --output "${parts[1]}"
elif [ "$data" = exchanged ]; then
    for set in chair armchair chair_kinds; do
        part=$folder/procedural_$set.hdf5
        python vox2pointvaluepair_from_binvox.py --input "procedural/$set.hdf5" --augment 1 --output "$part"
        parts+=("$part")
    done
fi
python join_datasets.py --inputs "${parts[@]}" --without "$folder/${class}_test.txt" --output "$folder/${class}_$data.hdf5"
