#!/usr/bin/env bash
# How fast does each recipe come to a good autoencoder? Held-out IoU over minutes of this machine:
#   evaluation/paper/time_to_quality.sh DATA/NAME.hdf5 TEST.hdf5 FOLDER
# Three trainings with the same widths, stages and presentations, a core each, two at a time: the
# original's recipe (batch norm, a shape a step, all points in their order, rate 0.00005), ours of
# experiment.sh, and ours in bfloat16. Writes FOLDER/time-to-quality.csv and .png; resumes.
set -euo pipefail
[ $# -ge 3 ] || { sed -n "2,6s/^# //p" "$0" >&2 && exit 2; }
for file in "$1" "${1%.hdf5}.txt" "$2"; do
    [ -f "$file" ] || { echo "error: no file $file" >&2 && exit 2; }
done
dataset=$(realpath "$1") test=$(realpath "$2")
mkdir -p "$3"
folder=$(cd "$3" && pwd)
name=$(basename "$dataset" .hdf5)
shapes=$(wc -l <"${dataset%.hdf5}.txt")
epochs=$((${PRESENTATIONS:-16600} / shapes))
epochs=$((epochs < 4 ? 4 : epochs))
export TF_NUM_INTRAOP_THREADS=1
trap 'kill $(jobs -p) 2>/dev/null' EXIT
cd "$(dirname "$0")/../../IMGAN"

train() { # recipe, its flags
    local recipe=$1 stage end size points
    shift
    for stage in "$(((epochs + 7) / 8)) 16 4096" "$(((epochs + 3) / 4)) 32 8192" "$epochs 64 32768"; do
        read -r end size points <<<"$stage"
        python main.py --ae --train --epoch "$end" --real_size "$size" --batch_size_input "$points" \
            --z_dim 64 --ef_dim 8 --gf_dim 32 --save_interval $(((epochs + 7) / 8)) \
            --data_dir "$(dirname "$dataset")" --dataset "$name" --checkpoint_dir "$folder/$recipe" \
            --sample_dir "$folder/training/$recipe" "$@" >>"$folder/$recipe.log"
    done
}

ours=(--norm instance --learning_rate 0.001 --half_life $((epochs / 4)) --shapes_per_step 2 --points_per_step 2048)
train original &
original=$!
train ours "${ours[@]}"
train bfloat16 "${ours[@]}" --precision bfloat16
wait $original
cd ../evaluation/paper
folders=()
for recipe in original ours bfloat16; do folders+=("$folder/$recipe/${name}_64"); done
python iou_curve.py --checkpoints "${folders[@]}" --names original ours bfloat16 \
    --shapes "$shapes" "$shapes" "$shapes" --dataset "$test" --output "$folder/time-to-quality.csv"
