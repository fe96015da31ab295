/**
 * How well a segmentation agrees with its reference (overlap, surface distances in mm) and a
 * classification with the truth, with bootstrap intervals.
 */
package io.med3dinsight.metric;
