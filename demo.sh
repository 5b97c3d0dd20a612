#!/usr/bin/env bash
# Real chairs through the whole system, into demo/.
#   ./demo.sh                      dataset, autoencoder, codes, latent GAN, meshes: continues from the
#                                  shipped weights for a few epochs (minutes)
#   ./demo.sh svr                  views, and shapes from one view each by the shipped image encoder
#   ./demo.sh [svr] --from-scratch trains from new weights (the autoencoder an hour, svr minutes)
set -euo pipefail
cd "$(dirname "$0")"
[ "$*" != fonts ] || exec IMGAN2D/demo_fonts.sh # letters in two dimensions
case "$*" in
    "" | svr | --from-scratch | "svr --from-scratch") ;;
    *) echo "error: demo.sh $*: there are ./demo.sh [svr] [--from-scratch]" >&2 && exit 2 ;;
esac
. ./environment.sh
install requirements.txt

demo=$PWD/demo
autoencoder=$PWD/IMGAN/pretrained/chair_vox_64
encoder=$PWD/IMSVR/pretrained/chair_vox_128
places=(--data_dir "$demo/data" --checkpoint_dir "$demo/checkpoint")
chairs=(--dataset chair_vox "${places[@]}")

sample_points() {
    cd point_sampling
    python vox2pointvaluepair_from_binvox.py --input furniture/chair --output "$demo/data/chair_vox.hdf5"
    cd ..
}

shapes_from_codes() { # [--from-scratch]
    sample_points
    rm -rf "$demo/checkpoint/chair_vox_64" "$demo/checkpoint"/chair_vox_z_*
    cd IMGAN
    if [ "${1:-}" = --from-scratch ]; then
        ./train_shipped.sh "${chairs[@]}" --sample_dir "$demo/training"
    else
        mkdir -p "$demo/checkpoint"
        cp -r "$autoencoder" "$demo/checkpoint/"
        newest=$(basename "$autoencoder"/IMAE.model-*.index .index)
        python main.py --ae --train --epoch $((${newest##*-} + 4)) --learning_rate 0.00005 \
            --shapes_per_step 2 --points_per_step 4096 "${chairs[@]}" --sample_dir "$demo/training"
    fi
    python main.py --ae "${chairs[@]}"
    echo "training the latent GAN, 2000 epochs: $demo/training/latent_gan.log"
    python main.py --train --epoch 2000 --learning_rate 0.0001 "${chairs[@]}" \
        --sample_dir "$demo/training" >"$demo/training/latent_gan.log"
    python main.py "${chairs[@]}" --sample_dir "$demo/samples"
    python main.py --ae --reconstruct --resolution 128 "${chairs[@]}" --sample_dir "$demo/samples"
    cd ..
    python evaluation/main.py --checkpoint "$demo/checkpoint/chair_vox_64" --dataset "$demo/data/chair_vox.hdf5"
    echo "sampled chairs:       $demo/samples/out_sheet.png"
    echo "reconstructed chairs: $demo/samples/reconstruction_sheet.png"
}

shapes_from_views() { # [--from-scratch]
    sample_points
    cd point_sampling
    python render_views.py --input furniture/chair --output "$demo/data/chair_views.hdf5"
    python make_svr_dataset.py --points "$demo/data/chair_vox.hdf5" \
        --views "$demo/data/chair_views.hdf5" --output "$demo/data/chair_vox"
    rm -rf "$demo/checkpoint/chair_vox_only_train_64" "$demo/checkpoint/chair_vox_128"
    mkdir -p "$demo/checkpoint"
    cp -r "$autoencoder" "$demo/checkpoint/chair_vox_only_train_64"
    cd ../IMGAN
    python main.py --ae --dataset chair_vox_only_train "${places[@]}"
    cd ../IMSVR
    if [ "${1:-}" = --from-scratch ]; then
        echo "training the image encoder, 500 epochs: $demo/training/image_encoder.log"
        mkdir -p "$demo/training"
        ./train_shipped.sh "${chairs[@]}" --sample_dir "$demo/training" >"$demo/training/image_encoder.log"
    else
        cp -r "$encoder" "$demo/checkpoint/"
    fi
    echo "training chairs, from a view that was kept from training:"
    python main.py --split train --all --view 18 "${chairs[@]}" --sample_dir "$demo/views_kept"
    echo "chairs that were kept from the image encoder's training:"
    python main.py --all "${chairs[@]}" --sample_dir "$demo/chairs_kept"
    cd ..
    echo "the views:                        $demo/data/chair_views.png"
    echo "view, reconstruction, truth, for"
    echo "  kept views of training chairs:  $demo/views_kept/out_sheet.png"
    echo "  kept chairs:                    $demo/chairs_kept/out_sheet.png"
}

if [ "${1:-}" = svr ]; then
    shapes_from_views "${2:-}"
else
    shapes_from_codes "${1:-}"
fi
