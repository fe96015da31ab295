"""Writes what the tests of io.med3dinsight.encoder2d.clip compare with, below med3dinsight/src/test/resources/io/med3dinsight/encoder2d/clip:

  bpe.txt.gz, bert.txt.gz     the published vocabularies (the merges that CLIP uses; bert-base-uncased)
  texts.json.gz               strings with their ids by open_clip's SimpleTokenizer and by Hugging Face's tokenizers behind open_clip's cleaning
  pictures.json.gz            8-bit pictures resized by Pillow, cropped as torchvision crops
  biomedclip/                 a small BiomedCLIP folder in open_clip's layout with random weights (open_clip_pytorch_model.bin)
  towers.json                 embeddings by the originals: timm's and open_clip's modules; BERT is torch.nn.TransformerEncoderLayer, whose post-norm
                              form it is; and the parameter names of the full-size models
and med3dinsight/src/main/resources/io/med3dinsight/encoder2d/clip/html5.txt, HTML's table of named characters.

Run from the root of the repository: PYTHONPATH=LIB /usr/bin/python3 oracle/clip.py VOCABULARIES
where LIB holds ftfy 6.3.1, regex 2026.9.29, tokenizers 0.23.2, open_clip_torch 3.3.0, timm 1.0.29 and what they import (torchvision is not
needed: a stand-in takes its place), and VOCABULARIES bpe_simple_vocab_16e6.txt.gz and bert-base-uncased-vocab.txt."""
import enum
import gzip
import html.entities
import importlib.abc
import importlib.machinery
import json
import os
import random
import sys
import tempfile
import types
import unicodedata

import numpy as np
import torch
from PIL import Image
from torch import nn

from encoders import numbers, weights


class Interpolation(enum.Enum):
    NEAREST, NEAREST_EXACT, BILINEAR, BICUBIC, BOX, HAMMING, LANCZOS = "nearest", "nearest-exact", "bilinear", "bicubic", "box", "hamming", "lanczos"


class Stub(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Interpolation if name == "InterpolationMode" else type(name, (), {})


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if name.split(".")[0] == "torchvision" else None

    def create_module(self, spec):
        return Stub(spec.name)

    def exec_module(self, module):
        pass


sys.meta_path.insert(0, Finder())
from open_clip.tokenizer import SimpleTokenizer, get_clean_fn  # noqa: E402
from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg  # noqa: E402
from timm.models.vision_transformer import VisionTransformer  # noqa: E402
from tokenizers import BertWordPieceTokenizer  # noqa: E402
import ftfy  # noqa: E402

OUT = "med3dinsight/src/test/resources/io/med3dinsight/encoder2d/clip/"
MAIN = "med3dinsight/src/main/resources/io/med3dinsight/encoder2d/clip/"
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


def pack(name, text):
    with open(OUT + name, "wb") as f, gzip.GzipFile("", "wb", 9, f, 0) as z:
        z.write(text.encode("utf-8"))


# ---- texts

# First code point and count of letters; scripts that Unicode 8 knew, as the tables of the tokenizers differ beyond. Of their blocks those are left
# out that Unicode 14 added: Java 17 does not know them.
LATER = {0xc3c, 0x170d, 0x1715, 0x171f, 0xfbc2}
BLOCKS = """41 26 61 26 c0 64 100 128 180 77 1e00 150 250 80 386 70 3b1 25 1f00 100 410 64 460 34 48a 50 531 38 561 39 5d0 27 620 43 671 99 710 30 780 38 7ca 33
800 22 840 25 904 54 985 60 a05 60 a85 60 b05 60 b83 60 c05 60 c85 60 d05 60 d85 60 e01 58 e81 60 f00 72 1000 74 10a0 96 1100 100 1200 160 13a0 85 1401 300
1680 29 16a0 75 1700 80 1780 84 1820 88 1900 30 1950 40 1980 44 1a00 28 1a20 63 1b05 47 1b83 30 1bc0 38 1c00 36 1c4d 40 2c00 47 2c80 100 2d00 38 2d30 56 2d80 79
3041 86 30a1 90 3105 41 3131 94 31a0 27 3400 600 4e00 20000 a000 1165 a4d0 46 a500 300 a640 47 a6a0 70 a722 120 a800 44 a840 52 a882 50 a90a 28 a930 24 a960 29 a984 47
aa00 41 aa80 67 abc0 36 ac00 11172 f900 300 fb00 7 fb1d 50 fb50 300 fe70 140 ff01 94 ff61 100 10000 76 10280 29 102a0 49 10300 32 10330 27 10380 30 103a0 36 10400 80
10450 48 10480 30 10800 54 10840 22 10900 27 10a10 36 10b00 54 10c00 73 11005 47 11083 45 12000 900 13000 1000 16800 500 1b000 2 20000 40000 2f800 500
300 112 2000 111 2070 40 20a0 30 2100 79 2150 60 2190 112 2200 256 2300 200 2400 39 2460 160 2500 128 25a0 96 2600 256 2700 190 27c0 48 2800 256 2900 128 2a00 256
3000 64 3200 200 3300 256 fe30 32 1d100 100 1d400 400 1f300 300 1f600 79 1f680 70""".split()
ENTITIES = """&amp; &lt; &gt; &quot; &nbsp; &copy; &eacute; &EACUTE; &Eacute; &SZLIG; &#65; &#x41; &#x1F600; &#128; &#x85; &#0; &#xD800; &#x110000; &#28; &#x7f; &#xFFFF;
&notit; &notin; &not &amp &ampamp; &amp;amp; &amp;lt; &nosuch; &Jscr; &checkmark; &NotEqualTilde; &fjlig; &#39; &#x27; &apos; &hellip; &ldquo; &rdquo; &frac12; &sup2; &micro; &deg;
&AMP; &LT &#; &#x; &; &#65 &#x41z &acE; &alpha; &ALPHA; &beta &mu; &plusmn; &times; &lt;b&gt; &#9; &#10; &#13;""".split()


def random_texts(r):
    chars = []
    for i in range(0, len(BLOCKS), 2):
        start, count = int(BLOCKS[i], 16), int(BLOCKS[i + 1])
        chars.append([chr(c) for c in range(start, start + count) if unicodedata.category(chr(c)) != "Cn" and c not in LATER])
    texts = ["", " ", "\t\n", "a", "A photo of a cat.", "it's they're I'll we've I'm he'd don't", "IT'S THEY'RE", "'\u017f <\u017ftart_of_text>",
             "<start_of_text> x <end_of_text>y", "<|startoftext|>", "x [MASK] [mask] [CLS]y [SEP]", "\u0391\u03a3 \u039f\u0394\u039f\u03a3 \u03a3", "\u0130stanbul I\u0131",
             "Stra\u00dfe STRASSE \u1e9e", "\ufb02u\ufb03e\ufb06 \u0149 \u01c4 \u0132", "\uff2c\uff2f\uff35\uff24\u3000\uff2e\uff2f\uff29\uff33\uff25\uff33 \uff76\uff9e", "\u201cquoted\u201d \u2018s\u2019 it\u2019s \u00abx\u00bb",
             "\x1b[36;44mblue\x1b[0m", "a\r\nb\rc\u2028d\u2029e\x0bf\x0cg", "\ud83d\udca9 \ud83d \udca9x", "e\u0301 \u304b\u3099 \u1112\u1161\u11ab", "1234567890 3.14 1,000 10\u00b3 \u00bd \u2167",
             "\ufeffbom \ufffe \uffff \ufffd", "a<b &amp; c", "x &amp; y\nz < &amp;", "x" * 100, "y" * 101, "a" * 10000, "\u4e2d\u6587" * 5000, "\U0001f600" * 2500,
             "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea \U0001f44d\U0001f3fd \u2764\ufe0f 1\ufe0f\u20e3", "-" * 300 + "!?" * 50]
    words = """axial slice through the hippocampus head body tail anterior posterior left right hyperintense T1-weighted MRI CT chest lesion 3.5 mm of with no evidence
    mass effect; (arrow) contrast-enhanced: liver, spleen/kidney 50% <1cm pneumothorax hepatosplenomegaly FDG-PET SUVmax=7.2 \u00b5m \u2264 \u03b1-fetoprotein naïve Crohn's""".split()
    texts.append(" ".join(r.choice(words) for _ in range(1600))[:10000])
    texts += [" ".join(r.choice(words) for _ in range(r.randint(1, 25))) for _ in range(160)]
    texts += [prefix + e + suffix for e in ENTITIES for prefix, suffix in (("", ""), ("Tom", "Jerry"), ("<p>", ""))]
    texts += ["a" + chr(c) + "b " + chr(c) for c in list(range(0, 0x21)) + list(range(0x7f, 0xa1)) + [0xad, 0x200b, 0x200d, 0x202e, 0x206a, 0x2060, 0xfff9, 0xfffc, 0xe000, 0xe0041, 0x61c]]
    texts += ["".join(r.choice("'s'T'RE've''m\"ll.,;:!?-_()[]{}*&^%$#@~`|\\/+=<> aB1") for _ in range(r.randint(1, 60))) for _ in range(120)]
    for block in chars:
        for _ in range(6):
            texts.append(" ".join("".join(r.choice(block) for _ in range(r.randint(1, 7))) for _ in range(r.randint(1, 4))))
    for _ in range(150):
        texts.append("".join(r.choice(r.choice(chars)) if r.random() < 0.6 else r.choice(" abc1.'") for _ in range(r.randint(1, 50))))
    return texts


def write_texts(vocabularies):
    with gzip.open(vocabularies + "/bpe_simple_vocab_16e6.txt.gz", "rt", encoding="utf-8", newline="\n") as f:
        pack("bpe.txt.gz", "\n".join(f.read().split("\n")[:49152 - 256 - 2 + 1]) + "\n")
    with open(vocabularies + "/bert-base-uncased-vocab.txt", encoding="utf-8", newline="\n") as f:
        pack("bert.txt.gz", f.read())
    bpe = SimpleTokenizer(vocabularies + "/bpe_simple_vocab_16e6.txt.gz")
    bert = BertWordPieceTokenizer(vocabularies + "/bert-base-uncased-vocab.txt", lowercase=True)
    clean = get_clean_fn("whitespace")
    rows, repaired = [], 0
    for t in random_texts(random.Random(5)):
        # Text that was decoded with a wrong encoding is not repaired here; what ftfy takes for such is counted and left out.
        if ftfy.fix_text(t, fix_encoding=False) != ftfy.fix_text(t):
            repaired += 1
            continue
        rows.append([t, bpe.encode(t), bert.encode(clean(t)).ids])
    print(len(rows), "texts;", repaired, "left out, in which ftfy repairs an encoding")
    pack("texts.json.gz", json.dumps(rows, separators=(",", ":")))
    os.makedirs(MAIN, exist_ok=True)
    with open(MAIN + "html5.txt", "w", encoding="utf-8") as f:
        for name, value in sorted(html.entities.html5.items()):
            f.write(name + " " + " ".join("%x" % ord(c) for c in value) + "\n")


# ---- pictures

def preprocess(a, size):
    """uint8 [H,W] to float32 [3,size,size], by Pillow with torchvision's rules of Resize and CenterCrop."""
    h, w = a.shape
    short, long = min(h, w), max(h, w)
    new = (size, int(size * long / short)) if w <= h else (int(size * long / short), size)
    image = Image.fromarray(a)
    if (w, h) != new:
        image = image.resize(new, Image.Resampling.BICUBIC)
    left, top = int(round((new[0] - size) / 2.0)), int(round((new[1] - size) / 2.0))
    image = image.crop((left, top, left + size, top + size)).convert("RGB")
    x = torch.from_numpy(np.array(image)).permute(2, 0, 1).to(torch.float32).div(255)
    return (x - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]


def picture(name, h, w):
    """Smooth in one half, noise in the other."""
    u = numbers(name, h * w).reshape(h, w)
    y, x = np.mgrid[0:h, 0:w]
    smooth = np.sin(y / 5.0) * np.cos(x / 7.0)
    return np.clip(np.where(x < w // 2, u, smooth) * 127.5 + 127.5, 0, 255).astype(np.uint8)


def write_pictures():
    rows = []
    for i, (h, w, size) in enumerate([(64, 64, 32), (51, 35, 32), (35, 52, 32), (32, 32, 32), (9, 13, 32), (200, 40, 32), (97, 101, 48), (33, 32, 32), (1, 5, 8), (300, 311, 24), (32, 39, 32), (7, 7, 224 // 7)]):
        a = picture("picture%d" % i, h, w)
        y = preprocess(a, size)
        back = np.rint((y[0].numpy() * STD[0] + MEAN[0]) * 255).astype(int)
        rows.append({"height": h, "width": w, "size": size, "pixels": a.ravel().tolist(), "resized": back.ravel().tolist()})
    pack("pictures.json.gz", json.dumps(rows, separators=(",", ":")))


# ---- towers

class Bert(nn.Module):
    """PubMedBERT as open_clip uses it, with its names: token, position and type embeddings, post-norm layers, the first token, two linear layers."""

    def __init__(self, vocabulary, positions, width, layers, heads, hidden, out):
        super().__init__()
        self.words, self.places, self.kinds = nn.Embedding(vocabulary, width), nn.Embedding(positions, width), nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.layers = nn.ModuleList(nn.TransformerEncoderLayer(width, heads, hidden, 0.0, "gelu", 1e-12, batch_first=True) for _ in range(layers))
        middle = (width + out) // 2
        self.proj = nn.Sequential(nn.Linear(width, middle, bias=False), nn.GELU(), nn.Linear(middle, out, bias=False))

    def forward(self, ids, pad=0):
        x = self.norm(self.words(ids) + self.places.weight[:ids.shape[1]] + self.kinds.weight[0])
        for layer in self.layers:
            x = layer(x, src_key_padding_mask=ids == pad)
        return self.proj(x[:, 0])

    def published(self):
        e = "text.transformer.embeddings."
        out = {e + "word_embeddings.weight": self.words.weight, e + "position_embeddings.weight": self.places.weight,
               e + "token_type_embeddings.weight": self.kinds.weight, e + "LayerNorm.weight": self.norm.weight, e + "LayerNorm.bias": self.norm.bias}
        for i, layer in enumerate(self.layers):
            p = "text.transformer.encoder.layer.%d." % i
            a = layer.self_attn
            for name, w, b in zip(("query", "key", "value"), a.in_proj_weight.chunk(3), a.in_proj_bias.chunk(3)):
                out[p + "attention.self." + name + ".weight"], out[p + "attention.self." + name + ".bias"] = w, b
            parts = {"attention.output.dense": a.out_proj, "attention.output.LayerNorm": layer.norm1, "intermediate.dense": layer.linear1,
                     "output.dense": layer.linear2, "output.LayerNorm": layer.norm2}
            for name, m in parts.items():
                out[p + name + ".weight"], out[p + name + ".bias"] = m.weight, m.bias
        out["text.proj.0.weight"], out["text.proj.2.weight"] = self.proj[0].weight, self.proj[2].weight
        return out


def fill(module, salt):
    for name, p in module.named_parameters():
        if p.ndim > 0:
            p.data = torch.from_numpy(weights(salt, name, tuple(p.shape))).to(p.dtype)


def unit(x):
    return (x / x.norm(dim=-1, keepdim=True)).double().tolist()


PICTURES = [("a", 40, 50), ("b", 64, 33), ("c", 20, 20)]
BERT_WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK]".split() + list(".,;:()%-/'0123456789abcdefghijklmnopqrstuvwxyz") + ["##" + c for c in "0123456789abcdefghijklmnopqrstuvwxyz"] + \
    """the of a an axial coronal sagittal slice through mri ct image head body tail left right upper lower bright dark hippocamp ##us ##al region structure in on is and""".split()
BERT_TEXTS = ["Axial MRI slice through the hippocampus.", "left", "A coronal CT image (upper body): a bright structure, 35% of the slice; \u00fcber \u4e2d"]
CLIP_TEXTS = ["a b", "the cat's", "no \u00e9 " * 3]
MERGES = ["t h", "th e</w>", "c a", "ca t</w>"]


def images(size):
    return torch.stack([preprocess(picture(n, h, w), size) for n, h, w in PICTURES])


def biomedclip():
    folder = OUT + "biomedclip/"
    os.makedirs(folder, exist_ok=True)
    torch.manual_seed(3)
    size, patch, width, layers, heads, out = 32, 8, 32, 2, 2, 16
    vit = VisionTransformer(img_size=size, patch_size=patch, embed_dim=width, depth=layers, num_heads=heads, num_classes=0).eval()
    head = nn.Linear(width, out, bias=False)
    bert = Bert(len(BERT_WORDS), 40, 24, 2, 3, 56, out).eval()
    fill(vit, "vit"), fill(head, "head"), fill(bert, "bert")
    state = {"visual.trunk." + n: p.data for n, p in vit.named_parameters()}
    state["visual.head.proj.weight"] = head.weight.data
    state.update({n: p.detach().clone() for n, p in bert.published().items()})
    state["text.transformer.embeddings.position_ids"] = torch.arange(40)[None]
    state["logit_scale"] = torch.tensor(4.6)
    torch.save(state, folder + "open_clip_pytorch_model.bin")
    with open(folder + "open_clip_config.json", "w") as f:
        json.dump({"model_cfg": {"embed_dim": out, "vision_cfg": {
            "timm_model_name": "vit_base_patch16_224", "timm_model_pretrained": False, "timm_pool": "", "timm_proj": "linear", "image_size": size,
            "timm_model_kwargs": {"embed_dim": width, "depth": layers, "num_heads": heads, "patch_size": patch}},
            "text_cfg": {"hf_model_name": "microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract",
                         "hf_tokenizer_name": "microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract", "hf_proj_type": "mlp",
                         "hf_pooler_type": "cls_last_hidden_state_pooler", "context_length": 32}},
            "preprocess_cfg": {"mean": MEAN, "std": STD}}, f, indent=1)
    with open(folder + "config.json", "w") as f:
        json.dump({"model_type": "bert", "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 56,
                   "vocab_size": len(BERT_WORDS), "max_position_embeddings": 40, "layer_norm_eps": 1e-12}, f, indent=1)
    with open(folder + "tokenizer_config.json", "w") as f:
        json.dump({"do_lower_case": True, "tokenizer_class": "BertTokenizer"}, f)
    with open(folder + "vocab.txt", "w", encoding="utf-8") as f:
        f.write("\n".join(BERT_WORDS) + "\n")
    tokenizer = BertWordPieceTokenizer(folder + "vocab.txt", lowercase=True)
    tokenizer.enable_truncation(32)
    tokenizer.enable_padding(length=32)
    clean = get_clean_fn("whitespace")
    ids = torch.tensor([tokenizer.encode(clean(t)).ids for t in BERT_TEXTS])
    torch.set_default_dtype(torch.float64)
    with torch.no_grad():
        return {"texts": BERT_TEXTS, "image": unit(head.double()(vit.double()(images(size).double()))), "text": unit(bert.double()(ids))}


def clip_tokens(text, context):
    """Ids by the published algorithm over a vocabulary of bytes and MERGES."""
    lines = "#version: 0.2\n" + "\n".join(MERGES) + "\n"
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "merges.gz")
        with gzip.open(path, "wt", encoding="utf-8") as f:
            f.write(lines.rstrip("\n"))
        t = SimpleTokenizer(path)
    return t([text], context)[0], t.vocab_size


def clip(quick):
    torch.set_default_dtype(torch.float32)
    ids = torch.stack([clip_tokens(t, 20)[0] for t in CLIP_TEXTS])
    vocabulary = clip_tokens("", 20)[1]
    net = CLIP(16, CLIPVisionCfg(layers=2, width=128, patch_size=8, image_size=32), CLIPTextCfg(context_length=20, vocab_size=vocabulary, width=32, heads=2, layers=2), quick_gelu=quick).eval()
    fill(net, "clip")
    shapes = {n: list(p.shape) for n, p in net.named_parameters()}
    torch.set_default_dtype(torch.float64)
    net = net.double()
    # Built in single precision, as nothing else about it is kept.
    net.attn_mask = net.attn_mask.double()
    with torch.no_grad():
        return {"texts": CLIP_TEXTS, "vocabulary": vocabulary, "names": shapes, "image": unit(net.encode_image(images(32).double())), "text": unit(net.encode_text(ids))}


def full_size():
    """Names and shapes of the published models; nothing is allocated."""
    torch.set_default_dtype(torch.float32)
    out = {}
    for name, patch in (("ViT-B-32", 32), ("ViT-B-16", 16)):
        net = CLIP(512, CLIPVisionCfg(layers=12, width=768, patch_size=patch, image_size=224), CLIPTextCfg())
        out[name] = {n: list(p.shape) for n, p in net.named_parameters()}
    vit = VisionTransformer(num_classes=0)
    out["BiomedCLIP"] = {"visual.trunk." + n: list(p.shape) for n, p in vit.named_parameters()}
    out["BiomedCLIP"]["visual.head.proj.weight"] = [512, 768]
    out["BiomedCLIP"].update({n: list(p.shape) for n, p in Bert(30522, 512, 768, 12, 12, 3072, 512).published().items()})
    return out


if __name__ == "__main__":
    torch.set_num_threads(2)
    write_texts(sys.argv[1])
    write_pictures()
    towers = {"pictures": PICTURES, "merges": MERGES, "biomedclip": biomedclip(), "quickgelu": clip(True), "gelu": clip(False), "full": full_size()}
    with open(OUT + "towers.json", "w") as f:
        json.dump(towers, f, separators=(",", ":"))
