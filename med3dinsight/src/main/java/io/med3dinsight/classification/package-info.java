/**
 * Classification of whole volumes: data sets of labelled images, a linear head on any pretrained
 * encoder, its fine-tuning, and probabilities.
 */
package io.med3dinsight.classification;
