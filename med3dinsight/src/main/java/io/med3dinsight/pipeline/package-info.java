/**
 * A whole run from a folder of scans to a scored segmentation network: describe, encode, pretrain,
 * fine-tune, evaluate, report.
 */
package io.med3dinsight.pipeline;
