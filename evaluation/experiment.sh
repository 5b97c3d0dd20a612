#!/usr/bin/env bash
# One class of supplementary_material/results.md, from shapes to figures:
#   evaluation/experiment.sh chair|table|plane FOLDER [SEED of weights and draws, 0]
# Everything goes into FOLDER/<class>; run again, it goes on where it was. results.py makes the tables.
set -euo pipefail
class=$1
seed=${3:-0}
here=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$2/$class"
folder=$(cd "$2/$class" && pwd)

# About 5000 presentations of a shape to each autoencoder and 2000 steps of each GAN, whatever the
# number of shapes.
case $class in
    chair) epochs=120 gan_epochs=2000 ;;
    table) epochs=150 gan_epochs=2000 ;;
    plane) epochs=50 gan_epochs=1000 ;;
    *) echo "error: class $class: there are chair, table, plane" >&2 && exit 2 ;;
esac
places=(--data_dir "$folder/data" --checkpoint_dir "$folder/checkpoint"
    --dataset "${class}_only_train" --seed "$seed")

timed() { # name, command: notes the seconds of what trains
    local name=$1 start=$SECONDS
    shift
    "$@" --sample_dir "$folder/training/$name" >>"$folder/$name.log"
    echo "$name,$((SECONDS - start))" >>"$folder/seconds.csv"
}

cd "$here/point_sampling"
if [ ! -e "$folder/data/${class}_test.hdf5" ]; then
    shapes=furniture/$class
    if [ "$class" = plane ]; then
        shapes=$folder/binvox
        python get_planes.py --output "$shapes" ${PLANES:+--package "$PLANES"} || true # some are skipped
    fi
    python vox2pointvaluepair_from_binvox.py --input "$shapes" --output "$folder/data/all.hdf5"
    python find_families.py --dataset "$folder/data/all.hdf5" --output "$folder/families.csv" --iou 0.7
    python render_views.py --input "$shapes" --output "$folder/data/views.hdf5"
    python make_svr_dataset.py --points "$folder/data/all.hdf5" --views "$folder/data/views.hdf5" \
        --families "$folder/families.csv" --shuffle 0 --output "$folder/data/$class"
fi

cd "$here/IMGAN"
for decoder in implicit cnn; do
    model=(--decoder $decoder "${places[@]}")
    train=(--ae --train --z_dim 64 --ef_dim 16 --norm instance --learning_rate 0.001
        --half_life $((epochs / 4)) --save_interval 20)
    if [ ! -e "$folder/$decoder.done" ]; then
        if [ $decoder = implicit ]; then
            train+=(--gf_dim 64 --shapes_per_step 2 --points_per_step 2048 "${model[@]}")
            timed $decoder python main.py "${train[@]}" --epoch $((epochs / 8)) --real_size 16 --batch_size_input 4096
            timed $decoder python main.py "${train[@]}" --epoch $((epochs / 4)) --real_size 32 --batch_size_input 8192
            timed $decoder python main.py "${train[@]}" --epoch $epochs --real_size 64 --batch_size_input 32768
        else
            # 4 shapes a step: the paper's 32 would be two steps an epoch, and learn nothing in so few
            timed $decoder python main.py "${train[@]}" "${model[@]}" --shapes_per_step 4 --epoch $epochs
        fi
        python main.py --ae "${model[@]}"
        touch "$folder/$decoder.done"
    fi
    if [ ! -e "$folder/$decoder.gan.done" ]; then
        timed $decoder.gan python main.py --train --epoch $gan_epochs --learning_rate 0.0005 "${model[@]}"
        touch "$folder/$decoder.gan.done"
    fi
done

cd "$here"
for decoder in implicit cnn; do
    name=${class}_only_train
    [ $decoder = implicit ] || name+=_cnn
    sizes=64
    [ $decoder = implicit ] && sizes="64 256"
    for side in only_train test; do
        for size in $sizes; do
            python evaluation/main.py --checkpoint "$folder/checkpoint/${name}_64" \
                --dataset "$folder/data/${class}_$side.hdf5" --resolution "$size" --lfd \
                --json "$folder/figures/$decoder-$side-$size.json"
        done
        count=$(wc -l <"$folder/data/${class}_$side.txt")
        cd IMGAN
        python main.py --decoder $decoder "${places[@]}" --samples "$count" --resolution 64 \
            --units unit --mesh_format ply --sample_dir "$folder/samples/$decoder-$side"
        cd ..
        python evaluation/main.py --generated "$folder/samples/$decoder-$side" \
            --reference "$folder/data/${class}_$side.hdf5" --samples "$count" --emd_points 256 --lfd \
            --json "$folder/figures/$decoder-$side-samples.json"
    done
done
