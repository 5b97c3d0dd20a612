#!/usr/bin/env bash
# One class of supplementary_material/results.md, from shapes to figures:
#   evaluation/paper/experiment.sh chair|table|plane real|augmented|procedural FOLDER [SEED, 0] [autoencoders]
# SEED is of weights and draws; `autoencoders` leaves out the GANs. Everything goes into
# FOLDER/<class>; run again, it goes on where it was. PRESENTATIONS (7200) is how often a shape is
# shown to each autoencoder, STEPS (2000) the steps of each GAN, whatever the number of shapes, and
# WIDTH (2048) its width.
# The two decoders run beside each other, a core each, so that both have the same machine.
# point_sampling/hold_out.sh makes the data, results.py the tables.
set -euo pipefail
[ $# -ge 3 ] || { sed -n "2,10s/^# //p" "$0" >&2 && exit 2; }
class=$1 data=$2
seed=${4:-0}
here=$(cd "$(dirname "$0")/../.." && pwd)
if [ ! -e "$3/$class/data/$data.done" ]; then
    "$here/point_sampling/hold_out.sh" "$class" "$data" "$3/$class/data"
    touch "$3/$class/data/$data.done"
fi
folder=$(cd "$3/$class" && pwd)
export TF_NUM_INTRAOP_THREADS=1
dataset=${class}_$data
references=(test procedural_test) # of the GANs' samples
[ "$class" != plane ] || references=(test)
[ "$data" != real ] || dataset=${class}_only_train references=(test only_train)

count() { # dataset: how many shapes it has
    wc -l <"$folder/data/$1.txt"
}

flags_of() { # implicit|cnn: the flags of IMGAN/main.py that say which data and weights
    flags=(--decoder "$1" --data_dir "$folder/data" --checkpoint_dir "$folder/checkpoint" --dataset "$dataset"
        --seed "$seed")
}

timed() { # name, flags of main.py: notes the seconds of what trains
    local name=$1 start=$SECONDS
    shift
    python main.py "$@" --sample_dir "$folder/training/$name" >>"$folder/$name.log"
    echo "$name,$((SECONDS - start))" >>"$folder/seconds.csv"
}

train_autoencoder() { # implicit|cnn, as below
    [ ! -e "$folder/$1.done" ] || return 0
    local flags train epochs interval
    epochs=$((${PRESENTATIONS:-7200} / $(count "$dataset")))
    epochs=$((epochs < 4 ? 4 : epochs))
    interval=$(((epochs + 9) / 10)) # ten checkpoints are kept: a curve for evaluation/paper/iou_curve.py
    flags_of "$1"
    train=(--ae --train --z_dim 64 --ef_dim 8 --norm instance --learning_rate 0.001
        --half_life $((epochs / 4)) --shapes_per_step 2 --save_interval $interval "${flags[@]}")
    if [ "$1" = implicit ]; then
        train+=(--gf_dim 32 --points_per_step 2048)
        timed "$1" "${train[@]}" --epoch $(((epochs + 7) / 8)) --real_size 16 --batch_size_input 4096
        timed "$1" "${train[@]}" --epoch $(((epochs + 3) / 4)) --real_size 32 --batch_size_input 8192
    fi
    timed "$1" "${train[@]}" --epoch $epochs
    python main.py --ae "${flags[@]}"
    touch "$folder/$1.done"
}

train_gan() {
    [ ! -e "$folder/$1.gan.done" ] || return 0
    local flags side codes batch
    flags_of "$1"
    codes=$(count "$dataset")
    batch=$((codes < 50 ? codes : 50))
    timed "$1.gan" --train --epoch $((${STEPS:-2000} / (codes / batch))) --learning_rate 0.0001 \
        ${WIDTH:+--width "$WIDTH"} "${flags[@]}"
    for side in "${references[@]}"; do
        python main.py "${flags[@]}" --samples "$(count "${class}_$side")" --resolution 64 --units unit \
            --mesh_format ply --sample_dir "$folder/samples/$1-$side"
    done
    touch "$folder/$1.gan.done"
}

measure_reconstructions() {
    local side size sizes="64 256" trained=${dataset}_64
    [ "$1" = implicit ] || sizes=64 trained=${dataset}_cnn_64
    for side in test procedural_test only_train; do
        [ -e "$folder/data/${class}_$side.hdf5" ] || continue # of the planes
        [ "$data" = real ] || [ "$side" != only_train ] || continue # shown for real shapes alone
        for size in $sizes; do
            measured "$1-$side-$size" --checkpoint "$folder/checkpoint/$trained" \
                --dataset "$folder/data/${class}_$side.hdf5" --resolution "$size"
        done
    done
}

measure_samples() {
    local side
    for side in "${references[@]}"; do
        measured "$1-$side-samples" --generated "$folder/samples/$1-$side" \
            --reference "$folder/data/${class}_$side.hdf5" --samples "$(count "${class}_$side")" \
            --emd_points 256 --processes 1
    done
}

measured() { # name of the figures, flags of evaluation/main.py
    local json=$folder/figures/$1.json
    shift
    [ -e "$json" ] || python main.py "$@" --lfd --json "$json"
}

for_both() { # folder of the programs, function: for both decoders at a time
    cd "$here/$1"
    "$2" implicit &
    local implicit=$!
    "$2" cnn &
    wait $! && wait $implicit
}

for_both IMGAN train_autoencoder
for_both evaluation measure_reconstructions
[ "${5:-}" != autoencoders ] || exit 0
for_both IMGAN train_gan
for_both evaluation measure_samples
