/**
 * Folders of labelled scans: Medical Segmentation Decathlon and nnU-Net layouts, splits, the
 * built-in sample, and the random augmented patches that networks train on.
 */
package io.med3dinsight.dataset;
