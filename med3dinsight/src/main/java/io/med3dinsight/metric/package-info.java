/** How well a segmentation agrees with its reference: Dice and surface distances in mm. */
package io.med3dinsight.metric;
