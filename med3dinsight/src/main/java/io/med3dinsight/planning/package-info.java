/** Plans for a data set and a memory: voxel size, patch, batch and depth of the network. */
package io.med3dinsight.planning;
