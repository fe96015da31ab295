/**
 * Captions from a multimodal language model behind an OpenAI-compatible chat endpoint: prompts,
 * requests, retries, pace, cache, quality filter and files. Only pixels, plane and modality leave
 * the machine.
 */
package io.med3dinsight.caption.chat;
