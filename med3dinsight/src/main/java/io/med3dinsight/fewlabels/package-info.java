/**
 * Learning from few labels: nested subsets of the training cases, and what is learnt from them from
 * scratch and from pretrained weights.
 */
package io.med3dinsight.fewlabels;
