/**
 * DICOM files as volumes: parsing, pixels, and the assembly of slices into series. Knows nothing of
 * the rest of the product but {@link io.med3dinsight.DataException}.
 */
package io.med3dinsight.dicom;
