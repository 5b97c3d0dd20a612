@echo off
rem The training of the image encoder, on <data_dir>\02691156_hsp_vox_{train,test}.hdf5 and the
rem autoencoder of 02691156_hsp_vox_only_train (IMGAN\train.bat). Flags given here go to both commands.
cd /d "%~dp0"
python main.py --train --epoch 1500 %* || exit /b
python main.py %* || exit /b
