#!/usr/bin/env bash
# Lays out the soft-tissue-sarcoma folder (STS_nnn/{CT,MR_T1,PET}_{image,mask}.nii.gz) for `pretrain`, a table of all
# modalities of the patients that train, and for `finetune`, a data set of one modality with a split. Files are linked.
# Usage: lay-out-sts.sh SOURCE TARGET CT|MR_T1|PET HELD_OUT_PATIENT...
set -euo pipefail
source=$(realpath "$1"); target=$2; modality=$3; shift 3
declare -A word=([CT]=CT [MR_T1]=T1 [PET]=PET)
mkdir -p "$target/imagesTr" "$target/labelsTr"
ln -sfn "$source" "$target/sts"
echo file,modality > "$target/volumes.csv"
cases=() train=() test=()
for patient in "$source"/STS_*; do
  id=$(basename "$patient")
  ln -sf "$patient/${modality}_image.nii.gz" "$target/imagesTr/$id.nii.gz"
  ln -sf "$patient/${modality}_mask.nii.gz" "$target/labelsTr/$id.nii.gz"
  cases+=("{\"image\": \"./imagesTr/$id.nii.gz\", \"label\": \"./labelsTr/$id.nii.gz\"}")
  if [[ " $* " == *" $id "* ]]; then test+=("\"$id\""); continue; fi
  train+=("\"$id\"")
  for m in CT MR_T1 PET; do echo "sts/$id/${m}_image.nii.gz,${word[$m]}" >> "$target/volumes.csv"; done
done
join() { local IFS=,; echo "$*"; }
printf '{"name": "STS", "modality": {"0": "%s"}, "labels": {"0": "background", "1": "tumour"}, "training": [%s]}\n' \
  "${word[$modality]}" "$(join "${cases[@]}")" > "$target/dataset.json"
printf '{"train": [%s], "test": [%s]}\n' "$(join "${train[@]}")" "$(join "${test[@]}")" > "$target/splits.json"
