"""Makes folders of full-size CLIP ViT-B/32, CLIP ViT-B/16 and BiomedCLIP with random weights, as open_clip and transformers write them, and
embeds slices of scans and captions with these two programs, their preprocessing and their tokenizers included. FullSizeClipTest compares.

Run: python oracle/clip_full_size.py VOCABULARIES OUT SCAN...
with torch 2.13.0, torchvision 0.28.0, open_clip_torch 3.3.0, timm 1.0.29, transformers 5.18.0, tokenizers 0.23.2, pillow 12.3.0 and nibabel 5.4.2
(numpy 2.4.6, ftfy 6.3.1). VOCABULARIES holds bpe_simple_vocab_16e6.txt.gz and bert-base-uncased-vocab.txt; a SCAN is a NIfTI file, of which the
middle slice along each axis is taken, or a PNG; the first ten slices count. OUT takes 4.2 GB; nothing is fetched.

  OUT/pictures/NN.png, OUT/texts.json    what is embedded
  OUT/NAME/                              a folder of weights, and expected.json with their embeddings at unit length, [10,512] and [20,512]

What is in OUT already is left as it is.
"""
import copy
import gzip
import json
import os
import shutil
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import nibabel
import numpy as np
import open_clip
import torch
from PIL import Image
from safetensors.torch import save_file
from transformers import AutoTokenizer, BertConfig, BertTokenizer, CLIPConfig, CLIPModel, CLIPProcessor, CLIPTokenizer
from transformers.models.clip.image_processing_clip import CLIPImageProcessor
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

MEAN, STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
PUBMEDBERT = "microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract"
MERGES = 49152 - 256 - 2
TEXTS = [
    "Axial T1-weighted MRI slice through the body of the hippocampus.",
    "Coronal slice: hippocampal head and tail, symmetric; no atrophy.",
    "Sagittal view of the left temporal lobe, slightly rotated.",
    "CT of the thigh with a 12.5 cm soft-tissue mass, attenuation 35 HU.",
    "FDG-PET, SUVmax = 7.2, intense uptake in the gluteus maximus.",
    "Spleen enlarged (15 cm), homogeneous, no focal lesion.",
    "a photo of a cat",
    "Dark background, a bright ellipse in the upper right quadrant.",
    "Thoracic spine, T4\u2013T9; spinal cord without signal change.",
    "The patient's liver shows \u201chypodense\u201d areas &amp; calcifications.",
    "x",
    "",
    "\u03b2-amyloid deposition; perivascular space > 3 mm in caf\u00e9-au-lait na\u00efve subject",
    "HEPATOSPLENOMEGALY WITH ASCITES",
    "1234567890 3.14 1,000 10\u00b3 \u00bd",
    "\u8111\u90e8\u6838\u78c1\u5171\u632f \U0001f9e0 \u043c\u043e\u0437\u0433",
    "non-contrast-enhanced/contrast-enhanced; T2-FLAIR; b=1000 s/mm2",
    "line one\nline two\ttabbed  and   spaced",
    # Longer than 77 tokens, and longer than 256.
    " ".join(["Axial slice at the level of the kidneys, both of normal size and position, without hydronephrosis."] * 6),
    " ".join(["Multiple enlarged lymph nodes along the aorta, the largest measures 21 mm; fat stranding, free fluid in the pelvis."] * 20),
]


def pictures(scans, out):
    """Ten PNG of the middle slices; grey, 1st to 99th percentile."""
    os.makedirs(out, exist_ok=True)
    found = []
    for scan in scans:
        if scan.endswith(".png"):
            found.append(Image.open(scan).convert("L"))
            continue
        volume = np.asarray(nibabel.as_closest_canonical(nibabel.load(scan)).dataobj, dtype=np.float32)
        low, high = np.percentile(volume, (1, 99))
        for axis in range(3):
            plane = np.rot90(np.take(volume, volume.shape[axis] // 2, axis))
            grey = np.clip((plane - low) / max(high - low, 1e-6) * 255, 0, 255).astype(np.uint8)
            found.append(Image.fromarray(np.ascontiguousarray(grey)))
    if len(found) < 10:
        raise SystemExit("%d slices from %d files: expected 10 slices" % (len(found), len(scans)))
    for i, image in enumerate(found[:10]):
        image.save("%s/%02d.png" % (out, i))
    return found[:10]


def randomize(module, seed):
    """Weights under which layers matter: matrices keep the size of what they multiply, norms and biases are not ones and zeros."""
    g = torch.Generator().manual_seed(seed)
    for name, p in sorted(module.named_parameters()):
        if p.ndim == 0:
            continue
        z = torch.randn(p.shape, generator=g)
        if "emb" in name and "patch" not in name or "cls_token" in name:
            p.data = 0.5 * z
        elif p.ndim == 1:
            norm = name.endswith("weight")
            p.data = 1 + 0.2 * z if norm else 0.2 * z
        else:
            turned = name.endswith("proj") or name.endswith("projection")
            p.data = z / (p.shape[0] if turned else p[0].numel()) ** 0.5
            # BERT is read at a token that is the same in all texts, so others have to reach it.
            p.data *= 4 if name.endswith("attention.output.dense.weight") else 2 if name.endswith(("query.weight", "key.weight")) else 1
    return module.eval()


def unit(x):
    return x / x.norm(dim=-1, keepdim=True)


def record(folder, image, text, exact):
    """Writes what is expected, and prints how far single precision is from double and how much embeddings of different inputs differ."""
    with open(folder + "/expected.json", "w") as f:
        json.dump({"image": image.double().tolist(), "text": text.double().tolist()}, f)
    line = []
    for what, a, b in (("images", image, exact[0]), ("texts", text, exact[1])):
        apart = min((a[i] - a[k]).abs().max() for i in range(len(a)) for k in range(i))
        line.append("%s: float32 - float64 at most %.1e; the two most alike differ by %.3f in a component" % (what, (a - b).abs().max(), apart))
    print(os.path.basename(folder), *line, sep="\n  ")


def embed(model, images, ids):
    with torch.no_grad():
        single = unit(model.encode_image(images)), unit(model.encode_text(ids))
        double = copy.deepcopy(model).double()
        if getattr(double, "attn_mask", None) is not None:
            double.attn_mask = double.attn_mask.double()
        return single, (unit(double.encode_image(images.double())), unit(double.encode_text(ids)))


def from_open_clip(folder, shown):
    """Embeddings by open_clip, which reads the folder itself."""
    model, _, preprocess = open_clip.create_model_and_transforms("local-dir:" + folder)
    tokenizer = open_clip.get_tokenizer("local-dir:" + folder)
    images = torch.stack([preprocess(i) for i in shown])
    return model, embed(model.eval(), images, tokenizer(TEXTS))


def write_config(folder, model_cfg):
    with open(folder + "/open_clip_config.json", "w") as f:
        json.dump({"model_cfg": model_cfg, "preprocess_cfg": {"mean": MEAN, "std": STD}}, f, indent=1)


def begin(folder):
    """Makes a folder; False when it is complete. What an earlier run left unfinished is made anew."""
    if os.path.exists(folder + "/expected.json"):
        return False
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return True


def write_merges(vocabularies, path):
    with gzip.open(vocabularies + "/bpe_simple_vocab_16e6.txt.gz", "rt", encoding="utf-8", newline="\n") as f:
        lines = f.read().split("\n")[1:1 + MERGES]
    with open(path, "w", encoding="utf-8", newline="\n") as f:
        f.write("#version: 0.2\n" + "\n".join(lines) + "\n")
    return lines


def open_clips(vocabularies, out, shown):
    """ViT-B/32 with .bin and the packed vocabulary; ViT-B/16 with x sigmoid(1.702 x), safetensors and merges.txt."""
    for seed, (name, patch, quick) in enumerate((("ViT-B-32", 32, False), ("ViT-B-16", 16, True))):
        folder = out + "/open_clip-" + name
        if not begin(folder):
            continue
        cfg = open_clip.get_model_config(name)
        assert cfg["vision_cfg"]["patch_size"] == patch
        cfg["quick_gelu"] = quick
        write_config(folder, cfg)
        model = randomize(open_clip.CLIP(**cfg), seed)
        if quick:
            save_file(dict(model.state_dict()), folder + "/open_clip_model.safetensors")
            write_merges(vocabularies, folder + "/merges.txt")
        else:
            torch.save(model.state_dict(), folder + "/open_clip_pytorch_model.bin")
            shutil.copyfile(vocabularies + "/bpe_simple_vocab_16e6.txt.gz", folder + "/bpe_simple_vocab_16e6.txt.gz")
        _, (single, double) = from_open_clip(folder, shown)
        record(folder, *single, double)


def biomedclip(vocabularies, out, shown):
    """The published names and configuration; .bin with vocab.txt, and safetensors with tokenizer.json alone."""
    bert, folder, other = out + "/bert", out + "/biomedclip-bin", out + "/biomedclip-safetensors"
    if os.path.exists(folder + "/expected.json") and os.path.exists(other + "/expected.json"):
        return
    for f in (bert, folder, other):
        shutil.rmtree(f, ignore_errors=True)
        os.makedirs(f)
    BertConfig(vocab_size=30522).save_pretrained(bert)
    shutil.copyfile(vocabularies + "/bert-base-uncased-vocab.txt", folder + "/vocab.txt")
    with open(folder + "/tokenizer_config.json", "w") as f:
        json.dump({"do_lower_case": True, "tokenizer_class": "BertTokenizer", "model_max_length": 512}, f)
    cfg = {"embed_dim": 512,
           "vision_cfg": {"timm_model_name": "vit_base_patch16_224", "timm_model_pretrained": False, "timm_pool": "", "timm_proj": "linear", "image_size": 224},
           "text_cfg": {"hf_model_name": bert, "hf_model_pretrained": False, "hf_tokenizer_name": bert, "hf_proj_type": "mlp",
                        "hf_pooler_type": "cls_last_hidden_state_pooler", "context_length": 256}}
    write_config(folder, cfg)
    model = randomize(open_clip.CustomTextCLIP(**cfg), 2)
    state = model.state_dict()
    state["text.transformer.embeddings.position_ids"] = torch.arange(512)[None]
    torch.save(model.state_dict(), folder + "/open_clip_pytorch_model.bin")
    _, (single, double) = from_open_clip(folder, shown)
    # The published folder names BERT's repository, from which only these sizes are wanted, and its file holds the positions.
    cfg["text_cfg"].update(hf_model_name=PUBMEDBERT, hf_tokenizer_name=PUBMEDBERT)
    del cfg["text_cfg"]["hf_model_pretrained"]
    torch.save(state, folder + "/open_clip_pytorch_model.bin")
    save_file({n: t.contiguous() for n, t in state.items()}, other + "/open_clip_model.safetensors")
    AutoTokenizer.from_pretrained(folder).save_pretrained(other)
    for f in (folder, other):
        write_config(f, cfg)
        record(f, *single, double)
    if os.path.exists(other + "/vocab.txt"):
        os.remove(other + "/vocab.txt")
    shutil.rmtree(bert)


def transformers_clips(vocabularies, out, shown):
    """CLIPModel as save_pretrained leaves it, whole and in shards."""
    merges = write_merges(vocabularies, out + "/merges.txt")
    os.remove(out + "/merges.txt")
    letters = list(open_clip.tokenizer.bytes_to_unicode().values())
    tokens = letters + [c + "</w>" for c in letters] + [m.replace(" ", "") for m in merges] + ["<|startoftext|>", "<|endoftext|>"]
    tokenizer = CLIPTokenizer(vocab={t: i for i, t in enumerate(tokens)}, merges=[tuple(m.split(" ")) for m in merges], model_max_length=77)
    for seed, (name, patch, act, shard) in enumerate((("ViT-B-32", 32, "quick_gelu", "5GB"), ("ViT-B-16-shards", 16, "gelu", "100MB"))):
        folder = out + "/transformers-" + name
        if not begin(folder):
            continue
        config = CLIPConfig(vision_config={"patch_size": patch, "hidden_act": act}, text_config={"hidden_act": act, "bos_token_id": 49406, "eos_token_id": 49407, "pad_token_id": 49407})
        randomize(CLIPModel(config), 3 + seed).save_pretrained(folder, max_shard_size=shard)
        CLIPProcessor(CLIPImageProcessorPil(), tokenizer).save_pretrained(folder)
        model, processor = CLIPModel.from_pretrained(folder).eval(), CLIPProcessor.from_pretrained(folder)
        rgb = [i.convert("RGB") for i in shown]
        # What open_clip and OpenAI's code do before they cut a text, and transformers from version 5 on does not.
        clean = open_clip.tokenizer.get_clean_fn("whitespace")
        ids = processor.tokenizer([clean(t) for t in TEXTS], return_tensors="pt", padding=True, truncation=True)
        pixels = CLIPImageProcessorPil.from_pretrained(folder)(rgb, return_tensors="pt")["pixel_values"]
        with torch.no_grad():
            single = model(pixel_values=pixels, **ids)
            double = copy.deepcopy(model).double()(pixel_values=pixels.double(), **ids)
            fast = model(pixel_values=CLIPImageProcessor.from_pretrained(folder)(rgb, return_tensors="pt")["pixel_values"], **ids)
        record(folder, single.image_embeds, single.text_embeds, (double.image_embeds, double.text_embeds))
        print("  transformers' two image processors (Pillow, torchvision) differ by %.1e in an embedding" % (single.image_embeds - fast.image_embeds).abs().max())


def main(vocabularies, out, *scans):
    torch.set_num_threads(2)
    shown = pictures(scans, out + "/pictures")
    with open(out + "/texts.json", "w") as f:
        json.dump(TEXTS, f)
    open_clips(vocabularies, out, shown)
    biomedclip(vocabularies, out, shown)
    transformers_clips(vocabularies, out, shown)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
