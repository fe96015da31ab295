/** How far volumes, images and texts lie apart in the space that pretraining aligns. */
package io.med3dinsight.gap;
