/**
 * The ablation: the same fine-tuning from scratch, after reconstruction only and after the whole
 * pretraining, over alignments, noise in the descriptions, shares of labels and seeds; its
 * statistics and the gap between the modalities' embeddings. Every cell is computed once.
 */
package io.med3dinsight.ablation;
