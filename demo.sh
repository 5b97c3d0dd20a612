#!/usr/bin/env bash
# Real chairs through the whole system, into demo/: dataset, autoencoder, codes, latent GAN, meshes.
#   ./demo.sh                  continues from the shipped weights for a few epochs (minutes)
#   ./demo.sh --from-scratch   trains the autoencoder from new weights (hours)
set -euo pipefail
cd "$(dirname "$0")"
. ./environment.sh
install requirements.txt

demo=$PWD/demo
pretrained=$PWD/IMGAN/pretrained/chair_vox_64
flags=(--dataset chair_vox --data_dir "$demo/data" --checkpoint_dir "$demo/checkpoint")

(
    cd point_sampling
    python vox2pointvaluepair_from_binvox.py --input furniture/chair --output "$demo/data/chair_vox.hdf5"
)

rm -rf "$demo/checkpoint"
cd IMGAN
if [ "${1:-}" = --from-scratch ]; then
    ./train_shipped.sh "${flags[@]}" --sample_dir "$demo/training"
else
    mkdir -p "$demo/checkpoint"
    cp -r "$pretrained" "$demo/checkpoint/"
    newest=$(basename "$pretrained"/IMAE.model-*.index .index)
    python main.py --ae --train --epoch $((${newest##*-} + 4)) --learning_rate 0.00005 \
        --shapes_per_step 2 --points_per_step 4096 "${flags[@]}" --sample_dir "$demo/training"
fi
python main.py --ae "${flags[@]}"
echo "training the latent GAN, 2000 epochs: $demo/training/latent_gan.log"
python main.py --train --epoch 2000 --learning_rate 0.0005 "${flags[@]}" \
    --sample_dir "$demo/training" >"$demo/training/latent_gan.log"
python main.py "${flags[@]}" --sample_dir "$demo/samples"
python main.py --ae --reconstruct --resolution 128 "${flags[@]}" --sample_dir "$demo/samples"
cd ..
python evaluation/main.py --checkpoint "$demo/checkpoint/chair_vox_64" --dataset "$demo/data/chair_vox.hdf5"
echo "sampled chairs:       $demo/samples/out_sheet.png"
echo "reconstructed chairs: $demo/samples/reconstruction_sheet.png"
