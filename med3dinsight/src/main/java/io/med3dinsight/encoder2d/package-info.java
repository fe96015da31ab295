/** 2D encoders that put slices and texts into one space. */
package io.med3dinsight.encoder2d;
