"""Embeds with open_clip what ClipSpeed embeds; started by it.

    python3 clip_peer.py FOLDER THREADS

First prints the seconds that loading took; then reads lines "slices N" and "texts N" and prints the
seconds of each, from pictures and words to embeddings. Texts are cut to the longest of a batch, as
in the Java program: open_clip itself computes all 256 positions of BiomedCLIP. Needs torch,
torchvision, open_clip_torch 3.3 and transformers. Nothing is fetched: of the BERT that the
configuration names, base size is taken.
"""

import json
import os
import sys
import tempfile
import time

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import open_clip
import torch
from PIL import Image
from transformers import BertConfig

SENTENCE = (
    "Axial slice %d of an MRI volume of the brain: the left hippocampus is seen with its body and"
    " tail, bright against darker white matter, of normal size and shape; the right one is a little"
    " smaller, and there is no mass, no bleeding and no shift of the midline in this slice."
)


def load(folder):
    with open(folder + "/open_clip_config.json", encoding="utf-8") as f:
        config = json.load(f)
    text = config["model_cfg"]["text_cfg"]
    if "hf_model_name" not in text:
        return open_clip.create_model_and_transforms("local-dir:" + folder)
    with tempfile.TemporaryDirectory() as there:
        for name in os.listdir(folder):
            if name not in ("open_clip_config.json", "config.json"):
                os.symlink(os.path.abspath(folder + "/" + name), there + "/" + name)
        BertConfig(vocab_size=30522).save_pretrained(there)
        text.update(hf_model_name=there, hf_model_pretrained=False)
        with open(there + "/open_clip_config.json", "w", encoding="utf-8") as f:
            json.dump(config, f)
        return open_clip.create_model_and_transforms("local-dir:" + there)


def main(folder, threads):
    torch.set_num_threads(int(threads))
    start = time.perf_counter()
    model, _, preprocess = load(folder)
    model.eval()
    tokenizer = open_clip.get_tokenizer("local-dir:" + folder)
    print(time.perf_counter() - start, flush=True)
    random = np.random.default_rng(1)
    for line in sys.stdin:
        what, count = line.split()
        start = time.perf_counter()
        with torch.inference_mode():
            if what == "slices":
                images = [Image.fromarray(random.integers(0, 256, (256, 256), dtype=np.uint8)) for _ in range(int(count))]
                model.encode_image(torch.stack([preprocess(i) for i in images]), normalize=True)
            else:
                ids = tokenizer([SENTENCE % i for i in range(int(count))])
                if hasattr(model, "text"):
                    ids = ids[:, : int((ids != 0).sum(1).max())]
                model.encode_text(ids, normalize=True)
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
