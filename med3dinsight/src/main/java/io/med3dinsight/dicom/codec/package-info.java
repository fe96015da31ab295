/**
 * Decoders of the compressions in which DICOM stores grey-scale pixels: RLE, JPEG lossless, JPEG-LS
 * and JPEG 2000. They allocate by what is really there and end damaged data in a {@link
 * io.med3dinsight.dicom.codec.CodecException}.
 */
package io.med3dinsight.dicom.codec;
