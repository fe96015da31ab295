/** Measurements on a GPU. */
package io.med3dinsight.bench.gpu;
