#!/usr/bin/env bash
# The training of the image encoder, on <data_dir>/02691156_hsp_vox_{train,test}.hdf5 and the
# autoencoder of 02691156_hsp_vox_only_train (IMGAN/train.sh). Flags given here go to both commands.
set -euo pipefail
cd "$(dirname "$0")"
python main.py --train --epoch 1500 "$@"
python main.py "$@"
