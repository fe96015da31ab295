/** Segmentation, classification and embedding for other programs over HTTP. */
package io.med3dinsight.serve;
