package io.med3dinsight.dicom;

import java.util.Set;

/** The elements that matter here; everything else in a file is passed over. */
final class Tag {
  static final int TRANSFER_SYNTAX = 0x0002_0010;
  static final int SOP_CLASS = 0x0008_0016;
  static final int SOP_INSTANCE = 0x0008_0018;
  static final int SERIES_DESCRIPTION = 0x0008_103e;
  static final int MODALITY = 0x0008_0060;
  static final int SLICE_THICKNESS = 0x0018_0050;
  static final int SPACING_BETWEEN_SLICES = 0x0018_0088;
  static final int IMAGER_PIXEL_SPACING = 0x0018_1164;
  static final int SERIES_UID = 0x0020_000e;
  static final int SERIES_NUMBER = 0x0020_0011;
  static final int ACQUISITION_NUMBER = 0x0020_0012;
  static final int INSTANCE_NUMBER = 0x0020_0013;
  static final int POSITION = 0x0020_0032;
  static final int ORIENTATION = 0x0020_0037;
  static final int TEMPORAL_POSITION = 0x0020_0100;
  static final int SAMPLES_PER_PIXEL = 0x0028_0002;
  static final int PHOTOMETRIC = 0x0028_0004;
  static final int FRAMES = 0x0028_0008;
  static final int ROWS = 0x0028_0010;
  static final int COLUMNS = 0x0028_0011;
  static final int PIXEL_SPACING = 0x0028_0030;
  static final int BITS_ALLOCATED = 0x0028_0100;
  static final int BITS_STORED = 0x0028_0101;
  static final int HIGH_BIT = 0x0028_0102;
  static final int PIXEL_REPRESENTATION = 0x0028_0103;
  static final int RESCALE_INTERCEPT = 0x0028_1052;
  static final int RESCALE_SLOPE = 0x0028_1053;
  static final int DOSE_GRID_SCALING = 0x3004_000e;
  static final int GRID_FRAME_OFFSETS = 0x3004_000c;
  static final int PIXEL_DATA = 0x7fe0_0010;

  // Sequences.
  static final int MODALITY_LUT = 0x0028_3000;
  static final int SHARED_GROUPS = 0x5200_9229;
  static final int FRAME_GROUPS = 0x5200_9230;
  static final int PLANE_POSITION = 0x0020_9113;
  static final int PLANE_ORIENTATION = 0x0020_9116;
  static final int PIXEL_MEASURES = 0x0028_9110;
  static final int VALUE_TRANSFORMATION = 0x0028_9145;
  static final int FRAME_CONTENT = 0x0020_9111;
  static final int TEMPORAL_INDEX = 0x0020_9128;

  static final int ITEM = 0xfffe_e000;
  static final int ITEM_END = 0xfffe_e00d;
  static final int SEQUENCE_END = 0xfffe_e0dd;

  private static final Set<Integer> VALUES =
      Set.of(
          TRANSFER_SYNTAX,
          SOP_CLASS,
          SOP_INSTANCE,
          SERIES_DESCRIPTION,
          MODALITY,
          SLICE_THICKNESS,
          SPACING_BETWEEN_SLICES,
          IMAGER_PIXEL_SPACING,
          SERIES_UID,
          SERIES_NUMBER,
          ACQUISITION_NUMBER,
          INSTANCE_NUMBER,
          POSITION,
          ORIENTATION,
          TEMPORAL_POSITION,
          SAMPLES_PER_PIXEL,
          PHOTOMETRIC,
          FRAMES,
          ROWS,
          COLUMNS,
          PIXEL_SPACING,
          BITS_ALLOCATED,
          BITS_STORED,
          HIGH_BIT,
          PIXEL_REPRESENTATION,
          RESCALE_INTERCEPT,
          RESCALE_SLOPE,
          DOSE_GRID_SCALING,
          GRID_FRAME_OFFSETS,
          TEMPORAL_INDEX);

  private static final Set<Integer> SEQUENCES =
      Set.of(
          MODALITY_LUT,
          SHARED_GROUPS,
          FRAME_GROUPS,
          PLANE_POSITION,
          PLANE_ORIENTATION,
          PIXEL_MEASURES,
          VALUE_TRANSFORMATION,
          FRAME_CONTENT);

  private Tag() {}

  static boolean isValue(int tag) {
    return VALUES.contains(tag);
  }

  static boolean isSequence(int tag) {
    return SEQUENCES.contains(tag);
  }

  /** As people write it: (0028,0010). */
  static String text(int tag) {
    return String.format("(%04x,%04x)", tag >>> 16, tag & 0xffff);
  }
}
