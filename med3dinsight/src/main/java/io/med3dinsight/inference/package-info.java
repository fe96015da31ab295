/** Segmentation of whole volumes with a trained network: plan, sliding window, segmenter. */
package io.med3dinsight.inference;
