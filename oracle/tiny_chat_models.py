"""Makes two tiny chat models with random weights, to try `caption` against a server that is not ours: OUT/vision, a LLaVA of two layers that
takes pictures, and OUT/words, a Llama of two layers that does not. What they say is nonsense.

Run: python oracle/tiny_chat_models.py VOCABULARIES OUT && transformers serve --port 8765
with torch 2.13.0, torchvision 0.28.0 and transformers[serving] 5.18.0. VOCABULARIES holds bert-base-uncased-vocab.txt; nothing is fetched."""
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from transformers import BertTokenizer, CLIPVisionConfig, LlamaConfig, LlamaForCausalLM, LlavaConfig, LlavaForConditionalGeneration, LlavaProcessor
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

SIDE, PATCH, POSITIONS = 140, 14, 1024
TEMPLATE = """{% for m in messages %}{{ m['role'] + ': ' }}{% if m['content'] is string %}{{ m['content'] }}{% else %}{% for c in m['content'] %}{% if c['type'] == 'image' %}<image>
{% else %}{{ c['text'] }}{% endif %}{% endfor %}{% endif %}
{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"""


def save(model, tokenizer, folder):
    # The end of an answer wins over 30,000 other words about every twelfth time.
    model.lm_head.weight.data[tokenizer.sep_token_id] *= 3
    model.save_pretrained(folder)


def main(vocabularies, out):
    torch.manual_seed(1)
    with open(vocabularies + "/bert-base-uncased-vocab.txt", encoding="utf-8") as f:
        vocabulary = {word.rstrip("\n"): i for i, word in enumerate(f)}
    tokenizer = BertTokenizer(vocab=vocabulary, bos_token="[CLS]", eos_token="[SEP]", model_max_length=POSITIONS)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<image>"]})
    ids = {"bos_token_id": tokenizer.cls_token_id, "eos_token_id": tokenizer.sep_token_id, "pad_token_id": tokenizer.pad_token_id}
    llama = LlamaConfig(vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
                        num_key_value_heads=2, max_position_embeddings=POSITIONS, **ids)
    vision = CLIPVisionConfig(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, image_size=SIDE, patch_size=PATCH)
    image = tokenizer.convert_tokens_to_ids("<image>")
    llava = LlavaForConditionalGeneration(LlavaConfig(vision_config=vision, text_config=llama, image_token_index=image, **ids))
    save(llava, tokenizer, out + "/vision")
    pictures = CLIPImageProcessorPil(size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE})
    LlavaProcessor(pictures, tokenizer, patch_size=PATCH, vision_feature_select_strategy="default", chat_template=TEMPLATE,
                   num_additional_image_tokens=1).save_pretrained(out + "/vision")
    save(LlamaForCausalLM(llama), tokenizer, out + "/words")
    # A tokenizer of its own: LLaVA's remembers that pictures belong to it.
    words = BertTokenizer(vocab=vocabulary, bos_token="[CLS]", eos_token="[SEP]", model_max_length=POSITIONS, model_input_names=["input_ids", "attention_mask"])
    words.add_special_tokens({"additional_special_tokens": ["<image>"]})
    words.chat_template = TEMPLATE
    words.save_pretrained(out + "/words")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
